-- Becoming a member, and ceasing to be one.
-- @include "clock"
-- @include "marks"
-- @include "names"

-- `message` is the event that tells of it. What the log had before it stays unseen where historyPolicy is `joined`.
local function admit(gid, uid, message, history_policy)
  redis.call('SADD', members_key(gid), uid)
  redis.call('ZREM', requests_key(gid), uid)
  redis.call('SREM', requested_key(uid), gid)
  redis.call('ZADD', contacts_key(uid), now_ms(), 'group:' .. gid)
  if history_policy == 'joined' then redis.call('HSET', floors_key(uid), message.log, message.last_id) end
  mark_read(uid, message)
end

-- The floor goes too: whoever comes back sees what anybody sees who joins then.
local function expel(gid, uid)
  redis.call('SREM', members_key(gid), uid)
  redis.call('HDEL', roles_key(gid), uid)
  redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
  redis.call('HDEL', read_key(uid), 'gs:' .. gid)
  redis.call('HDEL', floors_key(uid), 'gs:' .. gid)
  redis.call('HDEL', receipts_key('gs:' .. gid), uid)
end
