-- Groups: a log that all members follow.
-- @include "channel"
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

-- Whom an event of a group reaches in their inboxes: all members; of a channel those alone whom it is about.
local function told_of(gid, in_channel, concerned)
  if in_channel then return people_left(concerned) end
  return redis.call('SMEMBERS', members_key(gid))
end

-- Who comes to a channel, or leaves it, is told; its log has nothing of it. Returns what fan_out does.
local function tell_apart(gid, from, own, fields, recipients)
  local entry = { 'uid', from, 'n', '0', 'action', own.action }
  if own.by then entry[7], entry[8] = 'by', own.by end
  for i = 1, #fields do entry[#entry + 1] = fields[i] end
  -- No entry of a log has the number 0.
  return fan_out('gs:' .. gid, now_ms() .. '-0', entry, recipients, entry)
end

-- The newest entry of a group's log, as `admit` takes it where no event tells of who comes.
local function newest_of(gid)
  local log = 'gs:' .. gid
  local id, n = newest(log_key(log))
  return { log = log, id = id, n = n, last_id = id, last_n = n }
end

-- What an event says of itself: `by` is told where somebody else than `uid` acts for `uid`, but the server's own backend
-- ('') is not named.
local function done_by(action, actor, uid)
  return { action = action, by = actor ~= '' and actor ~= uid and actor or nil }
end
