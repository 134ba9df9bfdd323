-- A node says which users have open streams on it. Who was not there before is told of.
--   KEYS   im:meta, signals, then of each user u:<uid>, pr:<uid>
--   ARGV   node, uid, uid, …
--   reply  how many were not there before
-- @include "presence"
local node, now, arrived = ARGV[1], tonumber(now_ms()), 0
for i = 2, #ARGV do
  local user, key = KEYS[2 * i - 1], KEYS[2 * i]
  -- One who was removed gets no key again.
  if redis.call('EXISTS', user) == 1 then
    local online = presence_of(key)
    -- What has ended before: the user is here now.
    if not online then redis.call('ZREMRANGEBYSCORE', key, '-inf', now - PRESENCE_HOLDS_MS) end
    redis.call('ZADD', key, now_ms(), node)
    if not online then
      signal_presence(ARGV[i])
      arrived = arrived + 1
    end
  end
end
return arrived
