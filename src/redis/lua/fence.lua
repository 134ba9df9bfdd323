-- The fence: where a replica may take over, acknowledged entries may be missing on it that somebody has seen. So the first
-- script that writes on another server than before moves the epoch, before it writes: no id is given out twice.
-- @include "epoch"

-- server: the id of the server that serves this call, as the connection has learned it.
local function fence(server)
  local meta_key = PARTITION .. 'im:meta'
  if redis.call('HGET', meta_key, 'server') == server then return end
  redis.call('HSET', meta_key, 'server', server)
  if EPOCH then move_epoch_past(EPOCH) end
end
