-- A webhook is not sent something that it should have been.
--   KEYS   im:meta, im:webhooks, wh:<id>
--   ARGV   id, why
--   reply  1
-- @include "clock"
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then redis.call('HSET', KEYS[3], 'gapAt', now_ms(), 'gap', ARGV[2]) end
return 1
