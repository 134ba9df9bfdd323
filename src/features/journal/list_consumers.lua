#!lua flags=no-writes
-- All consumers of the journal, and where it ends.
--   KEYS   im:meta, journal, im:journal-consumers
--   reply  { epoch, newest id that the journal ever had ('' if none), name, record, … }
-- @include "begin"
-- @include "streams"
return { EPOCH or '0', last_generated(KEYS[2]) or '', unpack(redis.call('HGETALL', KEYS[3])) }
