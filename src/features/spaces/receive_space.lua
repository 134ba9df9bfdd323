-- Makes room for a space that is moved to this partition. What is there of it may be taken: an earlier move has left it.
--   KEYS   im:meta, the space's im:meta
--   ARGV   the mark of the move
--   reply  'ready' | 'there' (its keys are here and are not about to be taken)
-- @include "begin"
local meta = KEYS[2]
local found, removing, left = unpack(redis.call('HMGET', meta, 'epoch', 'removing', 'left'))
if found and not removing and not left then return 'there' end
redis.call('HSET', meta, 'removing', ARGV[1])
return 'ready'
