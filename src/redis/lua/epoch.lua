-- The epoch: the first half of every inbox id, and of a partition's the first half of every id of the feed. It moves when
-- acknowledged data was lost, or may have been, so that no id is given out twice.
-- @include "begin"
-- @include "clock"
-- @include "names"
-- @include "order"

-- The first moment from now on that lies beyond `ms`.
local function beyond(ms)
  local moved = plus_one(ms)
  return less(moved, now_ms()) and now_ms() or moved
end

-- The epoch of the partition, which is that of the default space.
local function partition_epoch()
  if not SPACE then
    if not EPOCH then
      EPOCH = now_ms()
      redis.call('HSET', META_KEY, 'epoch', EPOCH)
    end
    return EPOCH
  end
  if not PARTITION_EPOCH then
    PARTITION_EPOCH = now_ms()
    redis.call('HSET', partition_meta_key(), 'epoch', PARTITION_EPOCH)
  end
  return PARTITION_EPOCH
end

-- The epoch of the space, which may give out ids of it from now on. Where data of the partition was lost since it last did,
-- what was given out before is nobody's next id any more.
local function epoch()
  if not SPACE then return partition_epoch() end
  if GENERATION ~= partition_epoch() then
    EPOCH, GENERATION = beyond(EPOCH), PARTITION_EPOCH
    redis.call('HSET', META_KEY, 'epoch', EPOCH, 'generation', GENERATION)
  end
  return EPOCH
end

-- Makes sure that the epoch lies beyond `ms`; returns it, or nil where `ms` leaves no room (2^53 and up).
local function move_epoch_past(ms)
  if #ms > 15 then return nil end
  if EPOCH and less(ms, EPOCH) then return EPOCH end
  EPOCH = beyond(ms)
  redis.call('HSET', META_KEY, 'epoch', EPOCH)
  return EPOCH
end

-- The same of the partition's epoch.
local function move_partition_past(ms)
  if not SPACE then return move_epoch_past(ms) end
  if #ms > 15 then return nil end
  if PARTITION_EPOCH and less(ms, PARTITION_EPOCH) then return PARTITION_EPOCH end
  PARTITION_EPOCH = beyond(ms)
  redis.call('HSET', partition_meta_key(), 'epoch', PARTITION_EPOCH)
  return PARTITION_EPOCH
end
