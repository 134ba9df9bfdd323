#!lua flags=no-writes
-- Reads a user's inbox after a cursor, and in the same moment its newest id, the epoch, and which user of this name it is.
--   KEYS   im:meta, s:<uid>, u:<uid>, ru:<uid>
--   ARGV   start of the range to read, as XRANGE takes it, how many (0 = only the position)
--   reply  { epoch, newest id that the inbox ever had ('' if none), incarnation of the user, entries }; an entry is
--          `<id> <log> <message id>` where it is a reference, since one text is read sooner than seven, else { id, flat }
--   refuses  USER_NOT_FOUND
-- @include "begin"
-- @include "refusals"
-- @include "streams"
local inbox, user, removed_user = KEYS[2], KEYS[3], KEYS[4]
local start, count = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', string.sub(user, #user_key('') + 1)) end
local entries = {}
if count > 0 then entries = redis.call('XRANGE', inbox, start, '+', 'COUNT', count) end
for i = 1, #entries do
  local id, flat = entries[i][1], entries[i][2]
  if #flat == 4 and flat[1] == 'FW' then entries[i] = id .. ' ' .. flat[2] .. ' ' .. flat[4] end
end
local incarnation = redis.call('HGET', removed_user, 'incarnation') or '0'
return { EPOCH or '0', last_generated(inbox) or '', incarnation, entries }
