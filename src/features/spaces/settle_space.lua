-- What was restored of a space begins at this place: data that this server has lost before is none of its own.
--   KEYS   im:meta, the space's im:meta
--   ARGV   '1' if the space has gone on elsewhere since: its epoch moves
--   reply  'settled'
-- @include "epoch"
redis.call('HSET', KEYS[2], 'generation', epoch())
if ARGV[1] == '1' then redis.call('HSET', KEYS[2], 'epoch', beyond(redis.call('HGET', KEYS[2], 'epoch'))) end
return 'settled'
