-- Takes a member out of a group; the others and the one who left are told. Who is no member is out already.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gr:<gid>, gs:<gid>, u:<uid>, c:<uid>, rd:<uid>, fl:<uid>, sn:<uid>, mn:<uid>, cs:<uid>,
--          feed, journal, rc:gs:<gid>, lf:<uid>
--   ARGV   gid, uid, actor ('' = the server)
--   reply  { 'left' | 'already', refused writes, the first one's reason }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN, NOT_OWNER, OWNER_MUST_HAND_OVER
-- @include "group"
-- @include "journal"
-- @include "membership"
-- @include "roles"
local info, members, user = KEYS[2], KEYS[3], KEYS[6]
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master, kind = unpack(redis.call('HMGET', info, 'master', 'kind'))
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = actor ~= uid and check_on('remove', gid, actor, uid, master)
if refusal then return refusal end
if redis.call('SISMEMBER', members, uid) == 0 then return { 'already', 0, '' } end
if uid == master then return refuse('OWNER_MUST_HAND_OVER', gid) end
-- One who is being removed gets no inbox again.
local is_there = redis.call('EXISTS', user) == 1
local failed, reason
if kind == 'channel' then
  failed, reason = tell_apart(gid, uid, done_by('quit', actor, uid), {}, is_there and { uid } or {})
else
  local told = {}
  for _, member in ipairs(redis.call('SMEMBERS', members)) do
    if is_there or member ~= uid then told[#told + 1] = member end
  end
  failed, reason = tell_group(gid, uid, done_by('quit', actor, uid), {}, told)
end
journal_member('member.left', gid, uid, actor)
expel(gid, uid, not is_there)
return { 'left', failed, reason }
