#!lua flags=allow-oom
-- Removes a consumer of the journal, which wants it no longer.
--   KEYS   im:meta, journal, im:journal-consumers
--   ARGV   name
--   reply  { 'removed' }
-- @include "journal_consumers"
if redis.call('HDEL', KEYS[3], ARGV[1]) == 1 then
  want_no_longer()
  trim_journal()
end
return { 'removed' }
