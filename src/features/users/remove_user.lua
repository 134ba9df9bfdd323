-- Begins to remove a user: from here on there is none, its tokens are refused, and it can't become anything any more.
-- What it is in is left one by one then, and finish_removal ends it.
--   KEYS   im:meta, u:<uid>, rd:<uid>, ru:<uid>, im:removals, im:revoked, ua:<uid>, im:users, im:suspended,
--          feed
--   ARGV   uid
--   reply  { 'begun' | 'already' }
--   refuses  USER_NOT_FOUND (there never was one), OWNER_MUST_HAND_OVER (the groups, with spaces in between)
-- @include "refusals"
-- @include "revocation"
local user, marks, removed_user, removals = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local uid = ARGV[1]

if redis.call('EXISTS', user) == 0 then
  -- Begun before, and not finished.
  if redis.call('SISMEMBER', removals, uid) == 1 then return { 'begun' } end
  if redis.call('EXISTS', removed_user) == 1 then return { 'already' } end
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
redis.call('UNLINK', user, KEYS[7])
redis.call('ZREM', KEYS[8], uid)
redis.call('HSET', removed_user, 'removedAt', now_ms())
redis.call('HINCRBY', removed_user, 'incarnation', 1)
redis.call('ZREM', KEYS[9], uid)
revoke_tokens(uid, 'user_removed')
return { 'begun' }
