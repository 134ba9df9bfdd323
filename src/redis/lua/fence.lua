-- The fence: where a replica may take over, acknowledged entries may be missing on it that somebody has seen. So the first
-- script that writes on another server than before moves the epoch, before it writes: no id is given out twice.
-- @include "epoch"

-- server: the id of the server that serves this call, as the connection has learned it.
local function fence(server)
  if redis.call('HGET', partition_meta_key(), 'server') == server then return end
  redis.call('HSET', partition_meta_key(), 'server', server)
  -- Each space of the partition follows, before it gives out another id.
  if EPOCH then move_partition_past(partition_epoch()) end
end
