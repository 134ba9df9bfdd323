-- The server's time, ms, the same throughout a call.
-- @include "begin"

local function now_ms()
  if not NOW then
    local time = redis.call('TIME')
    NOW = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  end
  return NOW
end
