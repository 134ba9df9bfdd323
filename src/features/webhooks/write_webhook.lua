-- Writes what is set up for a webhook, if it still is what the caller has read; or removes it with all that is kept of it.
--   KEYS   im:meta, im:webhooks, im:webhook-spaces, wh:<id>, wr:<id>, wj:<id>, wd:<id>
--   ARGV   id, what the caller has read ('' = there is none), what it is to be ('' = none), how many there may be
--   reply  'written' | 'changed' (somebody else was faster)
--   refuses  TOO_MANY_WEBHOOKS
-- @include "begin"
-- @include "refusals"
local webhooks, spaces = KEYS[2], KEYS[3]
local id, before, after = ARGV[1], ARGV[2], ARGV[3]

if (redis.call('HGET', webhooks, id) or '') ~= before then return 'changed' end
if after == '' then
  redis.call('HDEL', webhooks, id)
  redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6], KEYS[7])
  if redis.call('HLEN', webhooks) == 0 then redis.call('SREM', spaces, SPACE or '') end
  return 'written'
end
if before == '' and redis.call('HLEN', webhooks) >= tonumber(ARGV[4]) then return refuse('TOO_MANY_WEBHOOKS', ARGV[4]) end
redis.call('HSET', webhooks, id, after)
redis.call('SADD', spaces, SPACE or '')
return 'written'
