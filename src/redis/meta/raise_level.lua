-- Lets writers write what nodes of this version understand, and older ones do not: those stop.
--   KEYS   im:meta
--   reply  the level that holds now
-- @include "begin"
redis.call('HSET', META_KEY, 'writerLevel', KNOWN_LEVEL)
return tostring(KNOWN_LEVEL)
