-- The last step of a removal: takes the space's im:meta, and notes what a new one of any name has to begin beyond.
--   KEYS   im:meta, the space's im:meta, im:unfinished, im:webhook-spaces, im:push-spaces
--   ARGV   the space's name, what takes it, as close_space was told
--   reply  'ended'
-- @include "order"
local ended, removing = unpack(redis.call('HMGET', KEYS[2], 'epoch', 'removing'))
if removing ~= ARGV[2] then return 'ended' end
if ended and less(redis.call('HGET', META_KEY, 'removedEpoch') or '0', ended) then
  redis.call('HSET', META_KEY, 'removedEpoch', ended)
end
redis.call('UNLINK', KEYS[2])
for i = 3, 5 do redis.call('SREM', KEYS[i], ARGV[1]) end
return 'ended'
