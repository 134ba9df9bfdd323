-- Makes a user a member, or asks the owner to, as the group's joinPolicy says; or approves such a request.
--   KEYS  gi:<gid>, gm:<gid>, gq:<gid>
--   ARGV  gid, uid, actor ('' = the server), 'join' | 'approve'
--   reply { 'joined' | 'already', role, inboxes that refused, reason } | { 'requested', requested at ms, … the same }
--         { refusal, subject }: group_not_found, user_not_found, not_owner, join_closed, request_not_found, group_full
local gid, uid, actor, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local master, policy = unpack(redis.call('HMGET', KEYS[1], 'master', 'joinPolicy'))
if not master then return { 'group_not_found', gid } end
local owner_acts = actor == '' or actor == master
if not owner_acts and (mode == 'approve' or actor ~= uid) then return { 'not_owner', gid } end
if redis.call('EXISTS', user_key(uid)) == 0 then return { 'user_not_found', uid } end
if redis.call('SISMEMBER', KEYS[2], uid) == 1 then
  return { 'already', uid == master and 'owner' or 'member', 0, '' }
end
local requested_at = redis.call('ZSCORE', KEYS[3], uid)
if mode == 'approve' and not requested_at then return { 'request_not_found', uid } end
if mode == 'join' and not owner_acts then
  if policy == 'closed' then return { 'join_closed', gid } end
  if policy == 'approval' then
    if requested_at then return { 'requested', requested_at, 0, '' } end
    local now = now_ms()
    redis.call('ZADD', KEYS[3], now, uid)
    local _, failed, reason = tell_direct(uid, master, 'request', { 'group', gid })
    return { 'requested', now, failed, reason }
  end
end
local members = redis.call('SMEMBERS', KEYS[2])
if #members >= GROUP_MAX then return { 'group_full', gid } end

members[#members + 1] = uid
redis.call('SADD', KEYS[2], uid)
redis.call('ZREM', KEYS[3], uid)
redis.call('ZADD', contacts_key(uid), now_ms(), 'group:' .. gid)
local message, failed, reason = tell_group(gid, uid, 'join', by(actor, uid), members)
mark_read(uid, message)
return { 'joined', 'member', failed, reason }
