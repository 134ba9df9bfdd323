-- Bans somebody from a group: a member is taken out and everybody is told, a request to join is dropped.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gr:<gid>, gb:<gid>, gq:<gid>, gs:<gid>, u:<uid>, c:<uid>, rd:<uid>, rq:<uid>,
--          fl:<uid>, sn:<uid>, feed, journal, rc:gs:<gid>, mn:<uid>, cs:<uid>, lf:<uid>
--   ARGV   gid, uid, actor ('' = the server)
--   reply  { 'banned' | 'already', banned at ms, refused writes, the first one's reason }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN, NOT_OWNER, OWNER_STAYS, USER_NOT_FOUND, UPDATE_PENDING
-- @include "group"
-- @include "journal"
-- @include "level"
-- @include "membership"
-- @include "roles"
local info, members, bans, requests, user, requested, sanctions =
  KEYS[2], KEYS[3], KEYS[5], KEYS[6], KEYS[8], KEYS[11], KEYS[13]
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master, kind = unpack(redis.call('HMGET', info, 'master', 'kind'))
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = check_on('ban', gid, actor, uid, master) or needs_level(LEVEL_OF_ROLES)
if refusal then return refusal end
if uid == master then return refuse('OWNER_STAYS', gid) end
if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', uid) end
local banned_at = redis.call('ZSCORE', bans, uid)
if banned_at then return { 'already', banned_at, 0, '' } end

local failed, reason = 0, ''
if redis.call('SISMEMBER', members, uid) == 1 then
  local event = done_by('ban', actor, uid)
  if kind == 'channel' then failed, reason = tell_apart(gid, uid, event, {}, { uid })
  else failed, reason = tell_group(gid, uid, event, {}, redis.call('SMEMBERS', members)) end
  journal_member('member.left', gid, uid, actor)
  expel(gid, uid, true)
end
journal_member_alone('member.banned', gid, uid, actor)
redis.call('HDEL', roles_key(gid), uid)
redis.call('ZREM', requests, uid)
redis.call('SREM', requested, gid)
redis.call('ZADD', bans, now_ms(), uid)
redis.call('SADD', sanctions, gid)
return { 'banned', now_ms(), failed, reason }
