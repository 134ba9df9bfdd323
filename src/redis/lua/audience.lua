-- Whom it reaches what somebody does in a conversation, if that may be done now.
-- @include "direct"
-- @include "may_send"
-- @include "refusals"

-- Returns the recipients, of a channel none; or nil and the refusal. Either way also the incarnation of a group, '' in a direct
-- chat, where `peer` is not '' (nil where there is no such group), and whether it is a channel.
local function audience(log, actor, peer)
  if peer ~= '' then
    local refusal = may_send_direct(actor, peer)
    return not refusal and direct_recipients(actor, peer) or nil, refusal, ''
  end
  local gid = string.sub(log, 4)
  local master, post_policy, incarnation, kind =
    unpack(redis.call('HMGET', group_key(gid), 'master', 'postPolicy', 'incarnation', 'kind'))
  if not master then return nil, refuse('GROUP_NOT_FOUND', gid) end
  local members = members_key(gid)
  local refusal = redis.call('SISMEMBER', members, actor) == 0 and refuse('NOT_MEMBER', gid)
    or may_send_group(gid, actor, master, post_policy)
  local recipients = not refusal and (kind == 'channel' and {} or redis.call('SMEMBERS', members)) or nil
  return recipients, refusal, incarnation or '', kind == 'channel'
end
