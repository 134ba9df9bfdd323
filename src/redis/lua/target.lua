-- A message that somebody does something with, who has to be able to send there now.
-- @include "audience"
-- @include "channel"
-- @include "shown"

-- Returns the message, or what stands in its place, as `find` does, the recipients, nil, and whether it is in a channel; or nil,
-- nil and the refusal.
local function target_of(log, actor, peer, mid)
  local recipients, refusal, _, in_channel = audience(log, actor, peer)
  local found = recipients and find_above(floor_of(actor, log), log, mid)
  if found and in_channel and found[1] ~= 'erased' then recipients = mentioned_in(string.sub(log, 4), found[2], actor) end
  if found then return found, recipients, nil, in_channel end
  return nil, nil, refusal or refuse('MESSAGE_NOT_FOUND', mid)
end
