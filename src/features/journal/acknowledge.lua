-- A consumer has dealt with everything up to a position, or with more: it never goes back.
--   KEYS   im:meta, journal, im:journal-consumers
--   ARGV   name, position
--   reply  { 'changed', acknowledged, until ms, retention ms, created ms, the journal's end }
--   refuses  CONSUMER_NOT_FOUND, BEYOND_JOURNAL
-- @include "journal_consumers"
local name, position = ARGV[1], ARGV[2]

local consumer = consumer_of(name)
if not consumer then return refuse('CONSUMER_NOT_FOUND', name) end
if id_less(end_of_journal(), position) then return refuse('BEYOND_JOURNAL', position) end
renew(consumer)
if id_less(consumer.acknowledged, position) then consumer.acknowledged = position end
write_consumer(name, consumer)
trim_journal()
return { 'changed', consumer.acknowledged, consumer.up_to, consumer.retention, consumer.created, end_of_journal() }
