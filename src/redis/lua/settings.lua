-- The settings that a script has as constants in front of its text. A function has none: the service leaves them in
-- im:meta when it starts, and each call reads them from there.
-- @include "begin"
-- @include "fence"
-- @include "refusals"

local function write_settings()
  redis.call('HSET', META_KEY, 'inboxMax', INBOX_MAX, 'feedMax', FEED_MAX, 'groupMax', GROUP_MAX, 'logMax', LOG_MAX,
    'logDays', LOG_DAYS, 'journalMax', JOURNAL_MAX, 'journal', JOURNAL_ON and 'on' or 'auto')
end

-- The first step of a function, as `begin` is a script's. Returns nil, or the refusal to answer with. Nobody tells a
-- function which server it is on: one that writes looks, where the service has noted one.
local function begin_with_settings(meta_key, is_writing)
  if string.sub(meta_key, -7) ~= 'im:meta' then
    return refuse('INVALID_REQUEST', 'KEYS[1] is the key im:meta, with the KEY_PREFIX of the service in front')
  end
  take_prefix(meta_key)
  local epoch, level, paused, removing, generation, wants = unpack(redis.call('HMGET', meta_key, 'epoch', 'writerLevel',
    'paused', 'removing', 'generation', 'wants'))
  local schema, inbox_max, feed_max, group_max, log_max, log_days, journal_max, journal_is, server = unpack(redis.call('HMGET',
    partition_meta_key(), 'schema', 'inboxMax', 'feedMax', 'groupMax', 'logMax', 'logDays', 'journalMax', 'journal', 'server'))
  local refusal = begin_with(meta_key, epoch, level, paused, removing, generation, wants)
  if refusal then return refusal end
  if schema ~= SCHEMA then return refuse('SCHEMA_MISMATCH', schema or 'none') end
  INBOX_MAX, FEED_MAX, JOURNAL_MAX, JOURNAL_ON = inbox_max, feed_max, journal_max, journal_is == 'on'
  GROUP_MAX, LOG_MAX, LOG_DAYS = tonumber(group_max or nil), tonumber(log_max or nil), tonumber(log_days or nil)
  if not (INBOX_MAX and FEED_MAX and JOURNAL_MAX and GROUP_MAX and LOG_MAX and LOG_DAYS) then return refuse('SETTINGS_MISSING', '') end
  if server and is_writing then fence(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')) end
end
