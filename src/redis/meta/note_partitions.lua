-- Notes how many partitions a cluster's named spaces are dealt out to, unless that was done. Those that there are already are
-- where the default space is, and stay there.
--   KEYS   im:meta, im:spaces
--   ARGV   how many, the name of the default space's partition
--   reply  how many there are
-- @include "begin"
local noted = redis.call('HGET', META_KEY, 'partitions')
if noted then return noted end
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local record = string.sub(all[i + 1], 1, -2) .. ',"partition":"' .. ARGV[2] .. '"}'
  redis.call('HSET', KEYS[2], all[i], record)
end
redis.call('HSET', META_KEY, 'partitions', ARGV[1])
return ARGV[1]
