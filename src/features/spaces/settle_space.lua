-- What was restored of a space begins at this place: data that this server has lost before is none of its own.
--   KEYS   im:meta, the space's im:meta, its im:removals, its im:channel-removals, im:unfinished,
--          its im:webhooks, im:webhook-spaces, its im:devices, im:push-spaces
--   ARGV   the space's name, '1' if the space has gone on elsewhere since: its epoch moves
--   reply  'settled'
-- @include "epoch"
redis.call('HSET', KEYS[2], 'generation', epoch())
if ARGV[2] == '1' then redis.call('HSET', KEYS[2], 'epoch', beyond(redis.call('HGET', KEYS[2], 'epoch'))) end
if redis.call('EXISTS', KEYS[3], KEYS[4]) > 0 then redis.call('SADD', KEYS[5], ARGV[1]) end
if redis.call('EXISTS', KEYS[6]) == 1 then redis.call('SADD', KEYS[7], ARGV[1]) end
if redis.call('EXISTS', KEYS[8]) == 1 then redis.call('SADD', KEYS[9], ARGV[1]) end
return 'settled'
