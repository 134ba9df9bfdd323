-- Who follows the journal. im:journal-consumers has of each, under its name:  <acknowledged> <until, ms> <retention, ms> <created, ms>
-- It wants the journal until then, unless it comes back before; what it has acknowledged is not kept for it.
-- @include "journal"
-- @include "positions"
-- @include "refusals"

local function consumer_from(record)
  local acknowledged, up_to, retention, created = string.match(record, '^(%S+) (%d+) (%d+) (%d+)$')
  return { acknowledged = acknowledged, up_to = up_to, retention = retention, created = created }
end

local function consumer_of(name)
  local record = redis.call('HGET', journal_consumers_key(), name)
  return record and consumer_from(record)
end

local function write_consumer(name, consumer)
  redis.call('HSET', journal_consumers_key(), name,
    consumer.acknowledged .. ' ' .. consumer.up_to .. ' ' .. consumer.retention .. ' ' .. consumer.created)
end

-- The end of the journal, as a position.
local function end_of_journal() return position_of(epoch(), last_generated(journal_key()) or '') end

-- From now on a consumer wants the journal for as long as it may stay away. Where nobody did, it is written from here on.
local function renew(consumer)
  consumer.up_to = string.format('%.0f', tonumber(now_ms()) + tonumber(consumer.retention))
  if not is_wanted() then open_journal(consumer.up_to)
  elseif less(WANTS, consumer.up_to) then
    WANTS = consumer.up_to
    redis.call('HSET', META_KEY, 'wants', WANTS)
  end
end

-- Those who still want it.
local function live_consumers()
  local live = {}
  for _, record in ipairs(redis.call('HVALS', journal_consumers_key())) do
    local consumer = consumer_from(record)
    if less(now_ms(), consumer.up_to) then live[#live + 1] = consumer end
  end
  return live
end

-- Takes from the journal what all of them have acknowledged, about; where it is written for nobody in particular it is kept.
local function trim_journal()
  if JOURNAL_ON then return end
  local first
  for _, consumer in ipairs(live_consumers()) do
    if not first or id_less(consumer.acknowledged, first) then first = consumer.acknowledged end
  end
  if first then redis.call('XTRIM', journal_key(), 'MINID', '~', first) end
end

-- Nobody wants it longer than those who are left.
local function want_no_longer()
  if JOURNAL_ON or not WANTS then return end
  local up_to
  for _, consumer in ipairs(live_consumers()) do
    if not up_to or less(up_to, consumer.up_to) then up_to = consumer.up_to end
  end
  if not up_to then return close_journal() end
  WANTS = up_to
  redis.call('HSET', META_KEY, 'wants', WANTS)
end
