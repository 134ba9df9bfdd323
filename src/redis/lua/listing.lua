-- Which conversations are in a user's list.
-- @include "log"
-- @include "reading"

-- Whether one is there of which `last` is the newest that a history shows: a hidden one is not, until something new comes.
local function is_listed(last, floor) return not is_below(last, floor) end

-- The same of a user's conversation by its name; nil if it has none of this name.
local function has_listed(uid, log)
  if redis.call('HEXISTS', read_key(uid), log) == 0 then return nil end
  local _, _, last = newest(log_key(log))
  return is_listed(last, floor_of(uid, log))
end
