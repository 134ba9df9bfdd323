-- Makes a user a member, or asks the owner to, as the group's joinPolicy says; or approves such a request.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gq:<gid>, gs:<gid>, u:<uid>, c:<uid>, rd:<uid>, rq:<uid>, feed
--   ARGV   gid, uid, actor ('' = the server), 'join' | 'approve'
--   reply  { 'joined' | 'already', role, refused writes, reason } | { 'requested', requested at ms, … the same }
--   refuses  GROUP_NOT_FOUND, USER_NOT_FOUND, NOT_OWNER, JOIN_CLOSED, REQUEST_NOT_FOUND, GROUP_FULL
-- @include "direct_events"
-- @include "group"
-- @include "refusals"
local info, members, requests, user, contacts, requested = KEYS[2], KEYS[3], KEYS[4], KEYS[6], KEYS[7], KEYS[9]
local gid, uid, actor, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local master, policy = unpack(redis.call('HMGET', info, 'master', 'joinPolicy'))
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local owner_acts = actor == '' or actor == master
if not owner_acts and (mode == 'approve' or actor ~= uid) then return refuse('NOT_OWNER', gid) end
if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', uid) end
if redis.call('SISMEMBER', members, uid) == 1 then
  return { 'already', uid == master and 'owner' or 'member', 0, '' }
end
local requested_at = redis.call('ZSCORE', requests, uid)
if mode == 'approve' and not requested_at then return refuse('REQUEST_NOT_FOUND', uid) end
if mode == 'join' and not owner_acts then
  if policy == 'closed' then return refuse('JOIN_CLOSED', gid) end
  if policy == 'approval' then
    if requested_at then return { 'requested', requested_at, 0, '' } end
    local failed, reason = tell_direct(uid, master, { action = 'request' }, { 'group', gid })
    redis.call('ZADD', requests, now_ms(), uid)
    redis.call('SADD', requested, gid)
    return { 'requested', now_ms(), failed, reason }
  end
end
local told = redis.call('SMEMBERS', members)
if #told >= GROUP_MAX then return refuse('GROUP_FULL', gid) end

told[#told + 1] = uid
local failed, reason, message = tell_group(gid, uid, done_by('join', actor, uid), {}, told)
redis.call('SADD', members, uid)
redis.call('ZREM', requests, uid)
redis.call('SREM', requested, gid)
redis.call('ZADD', contacts, now_ms(), 'group:' .. gid)
mark_read(uid, message)
return { 'joined', 'member', failed, reason }
