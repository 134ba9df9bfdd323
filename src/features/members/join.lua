-- Makes a user a member, or asks the owner to, as the group's joinPolicy says; or approves such a request.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gr:<gid>, gb:<gid>, gq:<gid>, gs:<gid>, u:<uid>, c:<uid>, rd:<uid>, rq:<uid>,
--          fl:<uid>, ru:<uid>, sn:<uid>, feed, journal, lf:<uid>
--   ARGV   gid, uid, actor ('' = the server), 'join' | 'approve'
--   reply  { 'joined' | 'already', role, silenced until ms, refused writes, reason }
--          | { 'requested', requested at ms, '', refused writes, reason }
--   refuses  GROUP_NOT_FOUND, USER_NOT_FOUND, NOT_ADMIN, BANNED, BLOCKED, MUST_UNBLOCK, JOIN_CLOSED,
--            REQUEST_NOT_FOUND, GROUP_FULL
-- @include "direct_events"
-- @include "group"
-- @include "journal"
-- @include "may_send"
-- @include "membership"
-- @include "roles"
local info, members, bans, requests, user, requested = KEYS[2], KEYS[3], KEYS[5], KEYS[6], KEYS[8], KEYS[11]
local gid, uid, actor, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local master, join_policy, history_policy, kind =
  unpack(redis.call('HMGET', info, 'master', 'joinPolicy', 'historyPolicy', 'kind'))
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local not_admitting = check(mode == 'approve' and 'approve' or 'add', gid, actor, master)
if not_admitting and (mode == 'approve' or actor ~= uid) then return not_admitting end
if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', uid) end
if redis.call('SISMEMBER', members, uid) == 1 then
  local role, silenced_until = standing(gid, uid, master)
  return { 'already', role, silenced_until, 0, '' }
end
if redis.call('ZSCORE', bans, uid) then return refuse('BANNED', gid) end
local requested_at = redis.call('ZSCORE', requests, uid)
if mode == 'approve' and not requested_at then return refuse('REQUEST_NOT_FOUND', uid) end
if not_admitting then
  if join_policy == 'closed' then return refuse('JOIN_CLOSED', gid) end
  if join_policy == 'approval' then
    if requested_at then return { 'requested', requested_at, '', 0, '' } end
    local refusal = check_blocks(uid, master)
    if refusal then return refusal end
    local failed, reason = tell_direct(uid, master, { action = 'request' }, { 'group', gid })
    journal('request.created', 'gid', gid, 'uid', uid)
    redis.call('ZADD', requests, now_ms(), uid)
    redis.call('SADD', requested, gid)
    return { 'requested', now_ms(), '', failed, reason }
  end
end
local failed, reason, message
if kind == 'channel' then
  message = newest_of(gid)
  failed, reason = tell_apart(gid, uid, done_by('join', actor, uid), {}, { uid })
else
  local told = redis.call('SMEMBERS', members)
  if #told >= GROUP_MAX then return refuse('GROUP_FULL', gid) end
  told[#told + 1] = uid
  failed, reason, message = tell_group(gid, uid, done_by('join', actor, uid), {}, told)
end
journal_member('member.joined', gid, uid, actor)
admit(gid, uid, message, history_policy)
local role, silenced_until = standing(gid, uid, master)
return { 'joined', role, silenced_until, failed, reason }
