-- Changes a user's own settings of a conversation.
--   KEYS   im:meta, rd:<uid>, cs:<uid>, signals
--   ARGV   uid, log, then name, value, …: a value is 'true', 'false' (which is the default, and not kept), or ms
--   reply  1
--   refuses  CONVERSATION_NOT_FOUND
-- @include "own_settings"
-- @include "refusals"
local uid, log = ARGV[1], ARGV[2]

if redis.call('HEXISTS', KEYS[2], log) == 0 then return refuse('CONVERSATION_NOT_FOUND', log) end
local settings = own_settings(uid, log)
for i = 3, #ARGV, 2 do
  local value = ARGV[i + 1]
  if value == 'false' then settings[ARGV[i]] = nil
  elseif value == 'true' then settings[ARGV[i]] = true
  else settings[ARGV[i]] = tonumber(value) end
end
write_own_settings(uid, log, settings)
tell_devices(uid, log, settings)
return 1
