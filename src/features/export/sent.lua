#!lua flags=no-writes
-- What a user has sent to a log, member or not: a page of the log at a time.
--   KEYS   im:meta, the log, ms:<log>, ru:<uid>
--   ARGV   uid, log, message id to go on after, message id to stop at ('' for the end of the log), how many entries to read
--   reply  { message id to go on after ('' if nothing is left), { message id, flat, edit as ms:<log> has it ('' if none) }, … }
-- @include "authors"
-- @include "message_state"
local log_stream = KEYS[2]
local uid, log, after, stop, page = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local former = end_of_former(uid, log)
if former and is_below(after, former) then after = former end
if stop ~= '' and is_below(stop, after) then return { '' } end
local entries = redis.call('XRANGE', log_stream, '(' .. after, stop ~= '' and stop or '+', 'COUNT', page)
local reply = { #entries == page and entries[page][1] or '' }
for _, entry in ipairs(entries) do
  local flat = entry[2]
  if flat[2] == uid and flat[5] ~= 'action' then
    reply[#reply + 1] = { entry[1], flat, kept(log, seq_of(entry[1]), 'edit') or '' }
  end
end
return reply
