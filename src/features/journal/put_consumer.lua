-- Makes a consumer of the journal, from whose end it starts, or gives one another retention. It wants the journal from here on.
--   KEYS   im:meta, journal, im:journal-consumers
--   ARGV   name, retention ms ('' = unchanged, that of one that is made is the next), the retention of a new one, how many there may be
--   reply  { 'created' | 'changed', acknowledged, until ms, retention ms, created ms, the journal's end }
--   refuses  UPDATE_PENDING, TOO_MANY_CONSUMERS
-- @include "journal_consumers"
local consumers = KEYS[3]
local name, retention = ARGV[1], ARGV[2]

local not_yet = needs_level(LEVEL_OF_JOURNAL)
if not_yet then return not_yet end
local consumer = consumer_of(name)
local outcome = consumer and 'changed' or 'created'
if not consumer then
  if redis.call('HLEN', consumers) >= tonumber(ARGV[4]) then
    -- Those who stayed away for too long make room.
    local all = redis.call('HGETALL', consumers)
    for i = 1, #all, 2 do
      if not less(now_ms(), consumer_from(all[i + 1]).up_to) then redis.call('HDEL', consumers, all[i]) end
    end
  end
  if redis.call('HLEN', consumers) >= tonumber(ARGV[4]) then return refuse('TOO_MANY_CONSUMERS', ARGV[4]) end
  consumer = { retention = ARGV[3], created = now_ms() }
end
if retention ~= '' then consumer.retention = retention end
renew(consumer)
consumer.acknowledged = consumer.acknowledged or end_of_journal()
write_consumer(name, consumer)
want_no_longer()
return { outcome, consumer.acknowledged, consumer.up_to, consumer.retention, consumer.created, end_of_journal() }
