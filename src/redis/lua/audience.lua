-- Whom it reaches what somebody does in a conversation: the checks of a send, for everything that is no message.
-- @include "direct"
-- @include "may_send"
-- @include "refusals"

-- Returns the recipients, or nil and the refusal. `peer` is '' in a group.
local function audience(log, actor, peer)
  if peer ~= '' then
    local refusal = may_send_direct(actor, peer)
    if refusal then return nil, refusal end
    return direct_recipients(actor, peer)
  end
  local gid = string.sub(log, 4)
  local master, post_policy = unpack(redis.call('HMGET', group_key(gid), 'master', 'postPolicy'))
  if not master then return nil, refuse('GROUP_NOT_FOUND', gid) end
  if redis.call('SISMEMBER', members_key(gid), actor) == 0 then return nil, refuse('NOT_MEMBER', gid) end
  local refusal = may_send_group(gid, actor, master, post_policy)
  if refusal then return nil, refusal end
  return redis.call('SMEMBERS', members_key(gid))
end
