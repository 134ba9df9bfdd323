-- A node says which users have no open stream on it any more. Who is on no other one is told of.
--   KEYS   im:meta, signals, then of each user pr:<uid>
--   ARGV   node, uid, uid, …
--   reply  how many are not there any more
-- @include "presence"
local node, left = ARGV[1], 0
for i = 2, #ARGV do
  local key = KEYS[i + 1]
  if redis.call('ZREM', key, node) == 1 then
    redis.call('ZADD', key, now_ms(), 'gone')
    if not presence_of(key) then
      signal_presence(ARGV[i])
      left = left + 1
    end
  end
end
return left
