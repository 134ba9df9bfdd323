-- Events of a webhook are to be sent again, now.
--   KEYS   im:meta, im:webhooks, wr:<id>, wj:<id>
--   ARGV   id, event, what the journal had of it (JSON), …
--   reply  how many
-- @include "clock"
local retries, retried = KEYS[3], KEYS[4]

if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
for i = 2, #ARGV, 2 do
  redis.call('ZADD', retries, now_ms(), ARGV[i])
  redis.call('HSET', retried, ARGV[i], '0 ' .. ARGV[i + 1])
end
return (#ARGV - 1) / 2
