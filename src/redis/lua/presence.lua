-- Who is there. `pr:<uid>` has for each node when that last had an open stream of the user, and for `gone` when the last one
-- was closed: all ms, so that the newest of them is when the user was last seen. A node says it again and again; what it has
-- not said for so long does not hold any more, since it has died.
-- @include "clock"
-- @include "signals"

local PRESENCE_HOLDS_MS = 30000

-- Whether a user is there, and when it was last seen (nil if never).
local function presence_of(key)
  local since, seen, online = tonumber(now_ms()) - PRESENCE_HOLDS_MS, nil, false
  local flat = redis.call('ZREVRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #flat, 2 do
    seen = seen or flat[i + 1]
    if flat[i] ~= 'gone' and tonumber(flat[i + 1]) > since then online = true end
  end
  return online, seen
end

-- A user has come or gone. What it is now the nodes look up, each for those who may know.
local function signal_presence(uid) return add_signal('kind', 'presence', 'log', '', 'to', '', 'uid', uid) end
