-- Moves the epoch, if it still is the one that the caller knows: data was lost, so ids may come a second time.
--   KEYS   im:meta
--   ARGV   the epoch that the caller knows
--   reply  the epoch that holds now
-- @include "epoch"
if epoch() ~= ARGV[1] then return epoch() end
return move_epoch_past(epoch()) or epoch()
