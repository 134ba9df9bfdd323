#!lua flags=no-writes
-- Where conversations stand in the order of a list: the newest entry of each that a history shows.
--   KEYS   im:meta, log, log, …
--   reply  { message id ('0-0' if there is none), … }
-- @include "log"
local reply = {}
for i = 2, #KEYS do
  local _, _, last = newest(KEYS[i])
  reply[i - 1] = last
end
return reply
