-- Notes what a new space of any name has to begin beyond: one was removed that had been in another partition.
--   KEYS   im:meta
--   ARGV   its epoch
--   reply  'noted'
-- @include "begin"
-- @include "order"
if less(redis.call('HGET', META_KEY, 'removedEpoch') or '0', ARGV[1]) then
  redis.call('HSET', META_KEY, 'removedEpoch', ARGV[1])
end
return 'noted'
