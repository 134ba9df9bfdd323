-- Consumers are there: each wants the journal for its retention from now on. Tells where the journal ends.
--   KEYS   im:meta, journal, im:journal-consumers
--   ARGV   name …
--   reply  { the journal's end, what each has acknowledged ('' = there is no such consumer) … }
-- @include "journal_consumers"
local reply = {}
for i, name in ipairs(ARGV) do
  local consumer = consumer_of(name)
  if consumer then
    renew(consumer)
    write_consumer(name, consumer)
  end
  reply[i + 1] = consumer and consumer.acknowledged or ''
end
reply[1] = end_of_journal()
return reply
