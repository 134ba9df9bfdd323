-- Changes a user's own settings of a conversation.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, the log, ms:<log>, er:<log>, ma:<log>, signals
--   ARGV   uid, log, then name, value, …: a value is 'true', 'false' (which is the default, and not kept), or ms
--   reply  what `summary_of` of src/redis/lua/summary.lua returns
--   refuses  CONVERSATION_NOT_FOUND
-- @include "listing"
-- @include "own_settings"
-- @include "refusals"
-- @include "summary"
local uid, log = ARGV[1], ARGV[2]

if not has_listed(uid, log) then return refuse('CONVERSATION_NOT_FOUND', log) end
local settings = own_settings(uid, log)
for i = 3, #ARGV, 2 do
  local value = ARGV[i + 1]
  if value == 'false' then settings[ARGV[i]] = nil
  elseif value == 'true' then settings[ARGV[i]] = true
  else settings[ARGV[i]] = tonumber(value) end
end
write_own_settings(uid, log, settings)
tell_devices(uid, log, settings)
return summary_of(uid, log, true)
