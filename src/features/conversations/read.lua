#!lua flags=allow-oom
-- Moves a user's read mark of a conversation forward, never back.
--   KEYS   im:meta, rd:<uid>, the log, fl:<uid>
--   ARGV   log, message id read up to
--   reply  { n of the mark, message id of the mark, newest entry ({ id, flat }) }
--   refuses  CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "order"
-- @include "refusals"
local marks, log_key, floors = KEYS[2], KEYS[3], KEYS[4]
local log, up_to = ARGV[1], ARGV[2]

local mark = redis.call('HGET', marks, log)
if not mark then return refuse('CONVERSATION_NOT_FOUND', log) end
local entry = redis.call('XRANGE', log_key, up_to, up_to)[1]
local floor = redis.call('HGET', floors, log)
if not entry or (floor and not id_less(floor, up_to)) then return refuse('MESSAGE_NOT_FOUND', up_to) end
local n, mid = string.match(mark, '^(%d+) (%d+%-%d+)$')

if id_less(mid, up_to) then
  n, mid = entry[2][4], up_to
  redis.call('HSET', marks, log, n .. ' ' .. mid)
end
return { n, mid, redis.call('XREVRANGE', log_key, '+', '-', 'COUNT', 1)[1] }
