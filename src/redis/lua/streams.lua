-- @include "names"

-- The newest id that a stream has ever had, or nil if there is no such stream (or it is none).
local function last_generated(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then return nil end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end
