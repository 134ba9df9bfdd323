-- Ends a space for every script: what it has can be taken from now on. Run in the default space of its partition.
--   KEYS   im:meta, the space's im:meta
--   reply  'closed'
-- @include "begin"
redis.call('HSET', KEYS[2], 'removing', 1)
return 'closed'
