#!lua flags=allow-oom
-- Where nobody has a device any more, nothing is written for pushes.
--   KEYS   im:meta, im:devices, im:push-spaces, journal, im:journal-consumers
--   ARGV   the consumer that pushes
--   reply  1 if nobody has one, else 0
-- @include "journal_consumers"
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SREM', KEYS[3], SPACE or '')
if redis.call('HDEL', KEYS[5], ARGV[1]) == 1 then
  want_no_longer()
  trim_journal()
end
return 1
