-- Moves the epoch, if it still is the one that the caller knows: data was lost, so ids may come a second time.
--   KEYS   im:meta
--   ARGV   the epoch that the caller knows
--   reply  { the epoch that holds now, 1 if this call moved it }
-- @include "epoch"
if epoch() ~= ARGV[1] then return { epoch(), 0 } end
move_partition_past(partition_epoch())
return { SPACE and epoch() or EPOCH, 1 }
