-- The epoch: the first half of every inbox and feed id. It moves when acknowledged data was lost, or may have been, so
-- that no id is given out twice.
-- @include "begin"
-- @include "clock"
-- @include "order"

local function epoch()
  if not EPOCH then
    EPOCH = now_ms()
    redis.call('HSET', META_KEY, 'epoch', EPOCH)
  end
  return EPOCH
end

-- Makes sure that the epoch lies beyond `ms`; returns it, or nil where `ms` leaves no room (2^53 and up).
local function move_epoch_past(ms)
  if #ms > 15 then return nil end
  if EPOCH and less(ms, EPOCH) then return EPOCH end
  local moved = plus_one(ms)
  if less(moved, now_ms()) then moved = now_ms() end
  redis.call('HSET', META_KEY, 'epoch', moved)
  EPOCH = moved
  return moved
end
