-- @include "names"

-- The newest id that a stream has ever had, or nil if there is no such stream (or it is none).
local function last_generated(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then return nil end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

-- How many bytes the words of an entry have.
local function bytes_of(flat)
  local bytes = 0
  for i = 1, #flat do bytes = bytes + #flat[i] end
  return bytes
end

-- The byte of '0'.
local ZERO = 48

-- Cuts a stream that is to keep about `max` entries, if it is time to: with every hundredth entry, of a short one with every
-- tenth, as the end of its newest id tells. To name the limit in each XADD makes that a sixth dearer.
local function cut(key, id, max)
  if string.byte(id, -1) ~= ZERO or (#max > 3 and string.byte(id, -2) ~= ZERO) then return end
  redis.call('XTRIM', key, 'MAXLEN', '~', max)
end
