-- Who may do what in a group. The table, POLICY, is that of src/domain/policy.ts.
-- @include "policy_table"
-- @include "refusals"

local function allows(action, role) return POLICY[action][role] == true end

-- How somebody who may not do it is refused: by the lowest role that may.
local function forbid(action, gid)
  if allows(action, 'member') then return refuse('NOT_MEMBER', gid) end
  return refuse(allows(action, 'admin') and 'NOT_ADMIN' or 'NOT_OWNER', gid)
end
