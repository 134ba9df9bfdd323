-- Ends a space for every script: what it has can be taken from now on. Run in the default space of its partition.
--   KEYS   im:meta, the space's im:meta
--   ARGV   what takes it: '1' for a removal, or the mark of a move; '1' if only what that move has left is meant
--   reply  'closed' | 'other' (it was left by no such move, or has come back since)
-- @include "begin"
if ARGV[2] == '1' and redis.call('HGET', KEYS[2], 'left') ~= ARGV[1] then return 'other' end
redis.call('HSET', KEYS[2], 'removing', ARGV[1])
return 'closed'
