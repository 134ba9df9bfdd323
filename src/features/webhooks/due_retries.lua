#!lua flags=no-writes
-- The events of a webhook that are to be sent again by now.
--   KEYS   im:meta, wr:<id>, wj:<id>
--   ARGV   how many
--   reply  { how many there are in all, event, what wj:<id> has of it, … }
-- @include "clock"
local retries, retried = KEYS[2], KEYS[3]

local reply = { redis.call('ZCARD', retries) }
for _, event in ipairs(redis.call('ZRANGEBYSCORE', retries, '-inf', now_ms(), 'LIMIT', 0, ARGV[1])) do
  reply[#reply + 1] = event
  reply[#reply + 1] = redis.call('HGET', retried, event) or ''
end
return reply
