-- Begins to remove a user: from here on there is none, its tokens are refused, and it can't become anything any more.
-- What it has sent is erased then, if that is asked for; what it is in is left one by one, and finish_removal ends it.
--   KEYS   im:meta, u:<uid>, rd:<uid>, ru:<uid>, im:removals, im:revoked, ua:<uid>, im:users, im:suspended,
--          feed, journal, lf:<uid>, re:<uid>, im:unfinished
--   ARGV   uid, '1' if its messages are to be erased, else '0'
--   reply  { 'begun' | 'already' }
--   refuses  USER_NOT_FOUND (there never was one, or its messages stayed when it was removed),
--            OWNER_MUST_HAND_OVER (the groups, with spaces in between), UPDATE_PENDING
-- @include "journal"
-- @include "level"
-- @include "refusals"
-- @include "revocation"
-- @include "unfinished"
local user, marks, removed_user, removals = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local left, erasure = KEYS[12], KEYS[13]
local uid, erases = ARGV[1], ARGV[2] == '1'

-- Notes the logs that may have messages of the user who was removed, each with where a former user's end: nobody adds one
-- any more.
local function begin_erasure()
  if not erases or redis.call('EXISTS', erasure) == 1 then return end
  redis.call('HSET', removed_user, 'messagesErased', redis.call('HGET', removed_user, 'incarnation'))
  local logs = redis.call('HKEYS', marks)
  local left_logs = redis.call('HGETALL', left)
  for i = 1, #left_logs, 2 do
    local incarnation = redis.call('HGET', group_key(string.sub(left_logs[i], 4)), 'incarnation') or ''
    if incarnation == left_logs[i + 1] then logs[#logs + 1] = left_logs[i] end
  end
  for _, log in ipairs(logs) do redis.call('HSET', erasure, log, redis.call('HGET', removed_user, log) or '0-0') end
end

local not_yet = erases and needs_level(LEVEL_OF_ERASURE)
if not_yet then return not_yet end

if redis.call('EXISTS', user) == 0 then
  -- Begun before, and not finished.
  if redis.call('SISMEMBER', removals, uid) == 1 then
    begin_erasure()
    return { 'begun' }
  end
  local incarnation, erased_of = unpack(redis.call('HMGET', removed_user, 'incarnation', 'messagesErased'))
  if incarnation and (not erases or erased_of == incarnation) then return { 'already' } end
  return refuse('USER_NOT_FOUND', uid)
end
local owned = {}
for _, log in ipairs(redis.call('HKEYS', marks)) do
  if string.sub(log, 1, 3) == 'gs:' then
    local gid = string.sub(log, 4)
    if redis.call('HGET', group_key(gid), 'master') == uid then owned[#owned + 1] = gid end
  end
end
if #owned > 0 then return refuse('OWNER_MUST_HAND_OVER', table.concat(owned, ' ')) end

redis.call('SADD', removals, uid)
begin_unfinished()
redis.call('UNLINK', user, KEYS[7])
redis.call('ZREM', KEYS[8], uid)
redis.call('HSET', removed_user, 'removedAt', now_ms())
redis.call('HINCRBY', removed_user, 'incarnation', 1)
begin_erasure()
redis.call('ZREM', KEYS[9], uid)
journal('user.removed', 'uid', uid)
revoke_tokens(uid, 'user_removed')
return { 'begun' }
