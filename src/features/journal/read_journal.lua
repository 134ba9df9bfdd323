#!lua flags=no-writes
-- Reads the journal after a position, and in the same moment its newest id and the epoch.
--   KEYS   im:meta, journal, im:journal-consumers
--   ARGV   name of the consumer, start of the range to read, as XRANGE takes it, how many
--   reply  { epoch, newest id that the journal ever had ('' if none), entries }
--   refuses  CONSUMER_NOT_FOUND
-- @include "begin"
-- @include "refusals"
-- @include "streams"
local journal = KEYS[2]

if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return refuse('CONSUMER_NOT_FOUND', ARGV[1]) end
return { EPOCH or '0', last_generated(journal) or '', redis.call('XRANGE', journal, ARGV[2], '+', 'COUNT', ARGV[3]) }
