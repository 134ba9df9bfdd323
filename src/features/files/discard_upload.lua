-- Forgets a file that has not come, and whose bytes are removed.
--   KEYS   im:meta, fi:<file>, fp:<uid>, im:files
--   ARGV   file
--   reply  'discarded'
local id = ARGV[1]
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[3], id)
redis.call('ZREM', KEYS[4], id)
return 'discarded'
