-- Makes a space where scripts find it, or changes what they have to know of it. Run in the default space of its partition.
--   KEYS   im:meta, the space's im:meta
--   ARGV   how many users it may have ('' = any number), '1' if it is paused
--   reply  'opened' | 'removing' (a former one of the name is still being removed)
-- @include "epoch"
local meta = KEYS[2]
local found, removing = unpack(redis.call('HMGET', meta, 'epoch', 'removing'))
if removing then return 'removing' end
if not found then
  -- Later than any that a space of this name may have had.
  local ended = redis.call('HGET', META_KEY, 'removedEpoch') or '0'
  redis.call('HSET', meta, 'epoch', beyond(ended), 'generation', epoch(), 'usersIndexed', 1, 'groupsIndexed', 1)
end
if ARGV[1] == '' then redis.call('HDEL', meta, 'maxUsers') else redis.call('HSET', meta, 'maxUsers', ARGV[1]) end
if ARGV[2] == '1' then redis.call('HSET', meta, 'paused', 1) else redis.call('HDEL', meta, 'paused') end
-- Whatever was about to leave it, or to bring it here, has ended.
redis.call('HDEL', meta, 'left')
return 'opened'
