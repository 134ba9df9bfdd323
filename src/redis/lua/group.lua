-- Groups: a log that all members follow.
-- @include "fan_out"
-- @include "log"

-- A system event in a group, for the given recipients. Reads the log before it writes anything, so that a log of a wrong
-- type fails the whole call. Returns what fan_out does, and the entry.
local function tell_group(gid, from, own, fields, recipients)
  local message = next_entry('gs:' .. gid, from, own, fields)
  append(message)
  local failed, reason = fan_out(message.log, message.id, message.entry, recipients, {})
  return failed, reason, message
end

-- What an event says of itself: `by` is told where somebody else than `uid` acts for `uid`, but the server's own backend
-- ('') is not named.
local function done_by(action, actor, uid)
  return { action = action, by = actor ~= '' and actor ~= uid and actor or nil }
end
