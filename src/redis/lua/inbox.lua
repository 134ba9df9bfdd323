-- One user's inbox, as it is read.
-- @include "names"
-- @include "refusals"
-- @include "streams"

-- The entries as one text, `<id> <log> <message id>` for each, with a space in between: a node reads one text in a fourth of
-- the time. nil where they are not all references.
local function in_short(entries)
  local words, n = {}, 0
  for i = 1, #entries do
    local id, flat = entries[i][1], entries[i][2]
    if #flat ~= 4 or flat[1] ~= 'FW' then return nil end
    words[n + 1], words[n + 2], words[n + 3] = id, flat[2], flat[4]
    n = n + 3
  end
  return table.concat(words, ' ')
end

-- Reads from a start on, as XRANGE takes it, so many entries (0 = only the position). Returns the newest id that the inbox ever
-- had ('' if none), the incarnation of the user, and the entries, each { id, flat }; or { err } where there is no such user.
local function read_inbox(inbox, user, removed_user, start, count)
  if redis.call('EXISTS', user) == 0 then return refuse('USER_NOT_FOUND', string.sub(user, #user_key('') + 1)) end
  local entries = count > 0 and redis.call('XRANGE', inbox, start, '+', 'COUNT', count) or {}
  return last_generated(inbox) or '', redis.call('HGET', removed_user, 'incarnation') or '0', entries
end
