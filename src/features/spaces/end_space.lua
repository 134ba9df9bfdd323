-- The last step of a removal: takes the space's im:meta, and notes what a new one of any name has to begin beyond.
--   KEYS   im:meta, the space's im:meta, im:webhook-spaces
--   ARGV   its name
--   reply  'ended'
-- @include "order"
local ended, removing = unpack(redis.call('HMGET', KEYS[2], 'epoch', 'removing'))
if not removing then return 'ended' end
if ended and less(redis.call('HGET', META_KEY, 'removedEpoch') or '0', ended) then
  redis.call('HSET', META_KEY, 'removedEpoch', ended)
end
redis.call('UNLINK', KEYS[2])
redis.call('SREM', KEYS[3], ARGV[1])
return 'ended'
