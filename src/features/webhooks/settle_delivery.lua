-- Notes what came of sending an event, and when it is sent again.
--   KEYS   im:meta, im:webhooks, wh:<id>, wr:<id>, wj:<id>, wd:<id>
--   ARGV   id, event, its type, what the journal has of it (JSON), 'delivered' | 'failed', status ('' = there was no answer), what
--          went wrong ('' = nothing), how long it took, ms, the number of the try, when it is tried again, ms ('' = not any more)
--   reply  since when it has failed without a success, ms ('' = it has not, or there is no such webhook any more)
-- @include "clock"
local webhooks, state, retries, retried, deliveries = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, event, type, flat, outcome, status, problem, took, attempt, due =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local KEPT_MS, KEPT = 259200000, '10000'

if redis.call('HEXISTS', webhooks, id) == 0 then return '' end
redis.call('XADD', deliveries, 'MAXLEN', '~', KEPT, '*', 'event', event, 'type', type, 'outcome', outcome, 'status', status,
  'problem', problem, 'took', took, 'attempt', attempt, 'due', due, 'flat', flat)
redis.call('XTRIM', deliveries, 'MINID', '~', string.format('%.0f', tonumber(now_ms()) - KEPT_MS))
if due ~= '' then
  redis.call('ZADD', retries, due, event)
  redis.call('HSET', retried, event, attempt .. ' ' .. flat)
else
  redis.call('ZREM', retries, event)
  redis.call('HDEL', retried, event)
end
if outcome == 'delivered' then
  redis.call('HDEL', state, 'failingSince')
  redis.call('HSET', state, 'deliveredAt', now_ms())
  return ''
end
redis.call('HSETNX', state, 'failingSince', now_ms())
return redis.call('HGET', state, 'failingSince')
