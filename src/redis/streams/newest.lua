#!lua flags=no-writes
-- The epoch, and the newest id that each of some streams ever had.
--   KEYS   im:meta, stream, stream, …
--   reply  { epoch, newest id ('' if there is none), … }
-- @include "begin"
-- @include "streams"
local reply = { EPOCH or '0' }
for i = 2, #KEYS do reply[i] = last_generated(KEYS[i]) or '' end
return reply
