-- Whether somebody may send now: what makes an entry for somebody else asks here.
-- @include "clock"
-- @include "order"
-- @include "roles"

-- In a group, of which `from` is a member; `master` and `post_policy` are what the group's hash says. One call at most.
-- Returns nil, or the refusal.
local function may_send_group(gid, from, master, post_policy)
  local role, silenced_until = standing(gid, from, master)
  if silenced_until ~= '0' and less(now_ms(), silenced_until) then
    return refuse('SILENCED', gid .. ' ' .. silenced_until)
  end
  if not allows(post_policy == 'admins' and 'sendRestricted' or 'send', role) then
    return refuse('POSTING_RESTRICTED', gid)
  end
end
