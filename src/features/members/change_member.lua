-- Gives a member another role, silences it, or lets it speak again. Members are told of what changed.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gr:<gid>, gs:<gid>, feed, journal, u:<uid>
--   ARGV   gid, uid, actor ('' = the server), role ('' = unchanged), silenced until ms ('' = unchanged, '0' = not), and
--          the same as a date
--   reply  { role, silenced until ms, refused writes, the first one's reason }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN, NOT_OWNER, MEMBER_NOT_FOUND, OWNER_STAYS, UPDATE_PENDING
-- @include "group"
-- @include "journal"
-- @include "level"
-- @include "roles"
local info, members = KEYS[2], KEYS[3]
local gid, uid, actor, new_role, new_silence, until_date = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local master, kind = unpack(redis.call('HMGET', info, 'master', 'kind'))
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = new_role ~= '' and check('appoint', gid, actor, master)
  or new_silence ~= '' and check_on('silence', gid, actor, uid, master)
if refusal then return refusal end
if redis.call('SISMEMBER', members, uid) == 0 then return refuse('MEMBER_NOT_FOUND', uid) end
if uid == master then return refuse('OWNER_STAYS', gid) end
refusal = needs_level(LEVEL_OF_ROLES)
if refusal then return refusal end

local role, silenced_until = standing(gid, uid, master)
local failed, reason = 0, ''
local is_appointed = new_role ~= '' and new_role ~= role
local is_silenced = new_silence ~= '' and new_silence ~= silenced_until
if is_appointed or is_silenced then
  if is_appointed then role = new_role end
  if is_silenced then silenced_until = new_silence end
  local told = told_of(gid, kind == 'channel', { uid })
  if is_appointed then failed, reason = tell_group(gid, uid, done_by('role', actor, uid), { 'role', role }, told) end
  if is_silenced then
    local fields = silenced_until ~= '0' and { 'until', until_date } or {}
    failed, reason = tell_group(gid, uid, done_by('silence', actor, uid), fields, told)
  end
  journal_member('member.updated', gid, uid, actor, 'role', role, 'silenced', silenced_until)
  note_standing(gid, uid, role, silenced_until)
end
return { role, silenced_until, failed, reason }
