#!lua flags=no-writes
-- Where inboxes end, and whether those who read them are still there: what a heartbeat vouches for.
--   KEYS   im:meta, then of each reader s:<uid>, u:<uid>, ru:<uid>
--   reply  { epoch, then of each reader: newest id that the inbox ever had ('' if none), incarnation of the user ('' if
--          there is none) }
-- @include "begin"
-- @include "streams"
local reply = { EPOCH or '0' }
for i = 2, #KEYS, 3 do
  local is_there = redis.call('EXISTS', KEYS[i + 1]) == 1
  reply[#reply + 1] = last_generated(KEYS[i]) or ''
  reply[#reply + 1] = is_there and (redis.call('HGET', KEYS[i + 2], 'incarnation') or '0') or ''
end
return reply
