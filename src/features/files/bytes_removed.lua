#!lua flags=allow-oom
-- Forgets files whose bytes are removed.
--   KEYS   im:meta, im:file-removals
--   ARGV   file
--   reply  'forgotten'
redis.call('SREM', KEYS[2], ARGV[1])
return 'forgotten'
