-- Moves the epoch, if it still is the one that the caller knows: data was lost, so ids may come a second time.
--   KEYS  im:meta
--   ARGV  the epoch that the caller knows
--   reply the epoch that holds now
local known = ARGV[1]

local current = epoch()
if current ~= known then return current end
return move_epoch_past(current) or current
