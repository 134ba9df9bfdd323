-- A user's own settings of a conversation: cs:<uid> has them for each log, as JSON.
-- @include "names"
-- @include "signals"

local function own_settings(uid, log)
  local json = redis.call('HGET', settings_key(uid), log)
  return json and cjson.decode(json) or {}
end

local function write_own_settings(uid, log, settings)
  if next(settings) == nil then redis.call('HDEL', settings_key(uid), log)
  else redis.call('HSET', settings_key(uid), log, cjson.encode(settings)) end
end

-- The user's other devices show the same.
local function tell_devices(uid, log, settings)
  signal('conversation', log, { uid }, { 'settings', cjson.encode(settings) })
end
