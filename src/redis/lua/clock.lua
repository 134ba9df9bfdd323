-- The server's time, ms, the same throughout a call.
-- @include "begin"

local function now_ms()
  if not NOW then
    local time = redis.call('TIME')
    -- Text from text: of the six digits of the microseconds the first three.
    NOW = time[1] .. string.sub('00000' .. time[2], -6, -4)
  end
  return NOW
end
