#!lua flags=allow-oom
-- Lifts a block; nobody is told. Without one it changes nothing.
--   KEYS   im:meta, bl:<uid>, bb:<peer>
--   ARGV   uid, peer
--   reply  { 'unblocked' }
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('SREM', KEYS[3], ARGV[1])
return { 'unblocked' }
