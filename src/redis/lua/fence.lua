-- The fence: where a replica may take over, acknowledged entries may be missing on it that somebody has seen. So the first
-- script that writes on another server than before moves the epoch, before it writes: no id is given out twice.
-- @include "epoch"

-- noted: the server that served the last write; server: the id of the one that serves this call.
local function fence(noted, server)
  if noted == server then return end
  redis.call('HSET', PARTITION .. 'im:meta', 'server', server)
  if EPOCH then move_epoch_past(EPOCH) end
end

-- `begin` of a script that writes; server as its connection has learned it.
local function begin_fenced(meta_key, server)
  take_prefix(meta_key)
  local epoch, level, noted = unpack(redis.call('HMGET', meta_key, 'epoch', 'writerLevel', 'server'))
  local refused = begin_with(meta_key, epoch, level)
  if refused then return refused end
  -- It is noted once for all spaces of a partition.
  fence(noted or redis.call('HGET', PARTITION .. 'im:meta', 'server'), server)
end
