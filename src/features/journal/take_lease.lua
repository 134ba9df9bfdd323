#!lua flags=allow-oom
-- One node at a time does a kind of work beside requests for a partition: whoever has the lease, until it ends. Run in the
-- default space.
--   KEYS   im:meta, the lease, the spaces in which there is something to do
--   ARGV   node, for how long, ms (0 = it gives it back)
--   reply  { 1 if the node has it now, else 0, those spaces … }
-- @include "lease"
local lease, node, ms = KEYS[2], ARGV[1], ARGV[2]

if ms == '0' then
  if redis.call('GET', lease) == node then redis.call('DEL', lease) end
  return { 0 }
end
local spaces = redis.call('SMEMBERS', KEYS[3])
if #spaces == 0 or not takes_lease(lease, node, ms) then return { 0 } end
return { 1, unpack(spaces) }
