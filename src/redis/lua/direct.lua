-- Direct chats: two people, one log, whoever begins.
-- @include "names"

local function direct_recipients(from, peer)
  if from == peer then return { from } end
  return { from, peer }
end

-- The message below which a user reads nothing of a log, or nil: what a former user of the same name was told.
local function floor_of(uid, log) return redis.call('HGET', floors_key(uid), log) or nil end
