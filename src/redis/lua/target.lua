-- A message that somebody does something with, who has to be able to send there now.
-- @include "audience"
-- @include "shown"

-- Returns the message, or what stands in its place, as `find` does, and the recipients; or nil, nil and the refusal.
local function target_of(log, actor, peer, mid)
  local recipients, refusal = audience(log, actor, peer)
  local found = recipients and find_above(floor_of(actor, log), log, mid)
  if found then return found, recipients end
  return nil, nil, refusal or refuse('MESSAGE_NOT_FOUND', mid)
end
