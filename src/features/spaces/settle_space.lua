-- What was restored of a space begins at this place: data that this server has lost before is none of its own.
--   KEYS   im:meta, the space's im:meta, its im:webhooks, im:webhook-spaces
--   ARGV   '1' if the space has gone on elsewhere since: its epoch moves; its name
--   reply  'settled'
-- @include "epoch"
redis.call('HSET', KEYS[2], 'generation', epoch())
if ARGV[1] == '1' then redis.call('HSET', KEYS[2], 'epoch', beyond(redis.call('HGET', KEYS[2], 'epoch'))) end
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('SADD', KEYS[4], ARGV[2]) end
return 'settled'
