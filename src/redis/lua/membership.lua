-- Becoming a member, and ceasing to be one.
-- @include "clock"
-- @include "marks"
-- @include "names"
-- @include "roles"

-- `message` is the event that tells of it. What the log had before it stays unseen where historyPolicy is `joined`.
local function admit(gid, uid, message, history_policy)
  local left, incarnation = redis.call('HGET', left_key(uid), message.log), redis.call('HGET', group_key(gid), 'incarnation') or ''
  redis.call('HDEL', left_key(uid), message.log)
  redis.call('SADD', members_key(gid), uid)
  redis.call('ZREM', requests_key(gid), uid)
  redis.call('SREM', requested_key(uid), gid)
  redis.call('SREM', sanctions_key(uid), gid)
  redis.call('ZADD', contacts_key(uid), now_ms(), 'group:' .. gid)
  if history_policy == 'joined' then redis.call('HSET', floors_key(uid), message.log, message.last_id) end
  mark_read(uid, message)
  -- What was sent here before a new user of a former one's name came for the first time is the former one's.
  if redis.call('EXISTS', removed_user_key(uid)) == 1 then
    -- It may be of a former group of that name.
    if left and left ~= incarnation then redis.call('HDEL', removed_user_key(uid), message.log) end
    redis.call('HSETNX', removed_user_key(uid), message.log, message.last_id)
  end
end

-- Who is silenced does not escape it by leaving and coming back, unless `is_for_good`. The floor goes: whoever comes back
-- sees what anybody sees who joins then. That it was here is remembered: what it wrote stays.
local function expel(gid, uid, is_for_good)
  local _, silenced_until = standing(gid, uid, '')
  if is_for_good or not less(now_ms(), silenced_until) then silenced_until = '0' end
  note_standing(gid, uid, 'member', silenced_until)
  if silenced_until ~= '0' then redis.call('SADD', sanctions_key(uid), gid) end
  redis.call('SREM', members_key(gid), uid)
  redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
  forget_conversation(uid, 'gs:' .. gid)
  redis.call('HSET', left_key(uid), 'gs:' .. gid, redis.call('HGET', group_key(gid), 'incarnation') or '')
  redis.call('HDEL', receipts_key('gs:' .. gid), uid)
end
