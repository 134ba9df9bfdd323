-- What happens between two people beside messages.
-- @include "direct"
-- @include "fan_out"
-- @include "log"
-- @include "marks"

local function direct_log(a, b)
  if bytes_less(a, b) then return 'ds:' .. a .. ':' .. b end
  return 'ds:' .. b .. ':' .. a
end

-- Those of the two who are there: nothing may bring the keys of a removed user back.
local function direct_recipients_left(from, peer)
  if redis.call('EXISTS', user_key(peer)) == 0 then return { from } end
  return direct_recipients(from, peer)
end

-- A system event in the direct chat of two people. Reads the log before it writes anything, so that a log of a wrong
-- type fails the whole call. Returns what fan_out does.
local function tell_direct(from, peer, own, fields)
  local message = next_entry(direct_log(from, peer), from, own, fields)
  local recipients = direct_recipients_left(from, peer)
  append(message)
  mark_read(from, message)
  if recipients[2] then appear(peer, message) end
  return fan_out(message.log, message.id, message.entry, recipients, {})
end
