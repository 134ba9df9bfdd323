-- What a member is in a group, and what it may do there.
--   gr:<gid>  uid → <role> <silenced until, ms, or 0>, of those alone who are not plain members; the owner never is in it
-- @include "names"
-- @include "policy"

-- The role of a member, and until when it is silenced ('0' if it is not; the time may have passed).
local function standing(gid, uid, master)
  if uid == master then return 'owner', '0' end
  local entry = redis.call('HGET', roles_key(gid), uid)
  if not entry then return 'member', '0' end
  return string.match(entry, '^(%a+) (%d+)$')
end

-- Notes what a member is; of a plain one there is nothing to note.
local function note_standing(gid, uid, role, silenced_until)
  if role == 'member' and silenced_until == '0' then
    redis.call('HDEL', roles_key(gid), uid)
  else
    redis.call('HSET', roles_key(gid), uid, role .. ' ' .. silenced_until)
  end
end

-- Returns nil where the actor ('' is the server) may do it, or the refusal. Who is no member has no role of its own, and
-- may not do more than a plain one.
local function check(action, gid, actor, master)
  if actor == '' or allows(action, (standing(gid, actor, master))) then return nil end
  return forbid(action, gid)
end

-- The same for what is done to somebody: the owner and admins are the owner's business.
local function check_on(action, gid, actor, uid, master)
  return check(standing(gid, uid, master) == 'member' and action or 'moderateAdmins', gid, actor, master)
end
