#!lua flags=no-writes
-- Reads a user's inbox after a cursor, and in the same moment its newest id, the epoch, and which user of this name it is.
--   KEYS   im:meta, s:<uid>, u:<uid>, ru:<uid>
--   ARGV   start of the range to read, as XRANGE takes it, how many (0 = only the position), '1' to have the entries apart
--   reply  { epoch, newest id that the inbox ever had ('' if none), incarnation of the user, how many entries, entries }; an
--          entry is { id, flat }. Where all are references they are one text, `<id> <log> <message id>` for each, with a space in
--          between: a node reads one text in a fourth of the time
--   refuses  USER_NOT_FOUND
-- @include "begin"
-- @include "refusals"
-- @include "streams"
local inbox, user, removed_user = KEYS[2], KEYS[3], KEYS[4]
local start, count, apart = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'

if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', string.sub(user, #user_key('') + 1)) end
local entries = {}
if count > 0 then entries = redis.call('XRANGE', inbox, start, '+', 'COUNT', count) end
local read, words, n = #entries, {}, 0
for i = 1, apart and 0 or read do
  local id, flat = entries[i][1], entries[i][2]
  if #flat ~= 4 or flat[1] ~= 'FW' then break end
  words[n + 1], words[n + 2], words[n + 3] = id, flat[2], flat[4]
  n = n + 3
end
if n > 0 and n == 3 * read then entries = table.concat(words, ' ') end
local incarnation = redis.call('HGET', removed_user, 'incarnation') or '0'
return { EPOCH or '0', last_generated(inbox) or '', incarnation, read, entries }
