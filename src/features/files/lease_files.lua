#!lua flags=allow-oom
-- Whether a node is the one that looks at files: for a while after it said so last.
--   KEYS   im:meta, im:files-lease
--   ARGV   node, how long, ms
--   reply  1 if it is
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
