-- Stream ids as positions, exact in all 64 bits: the mirror of src/domain/stream-ids.ts.
-- @include "order"

local MAX_64 = '18446744073709551615'

local function is_stream_id(text)
  local ms, seq = string.match(text, '^(%d+)-(%d+)$')
  if not ms then return false end
  for _, part in ipairs({ ms, seq }) do
    if #part > #MAX_64 or less(MAX_64, part) or string.find(part, '^0.') then return false end
  end
  return true
end

-- The decimal that follows, whatever its length.
local function next_decimal(decimal)
  local nines = #string.match(decimal, '9*$')
  local digit = #decimal - nines
  if digit == 0 then return '1' .. string.rep('0', nines) end
  return string.sub(decimal, 1, digit - 1) .. (string.sub(decimal, digit, digit) + 1) .. string.rep('0', nines)
end

-- The decimal that a positive one follows.
local function previous_decimal(decimal)
  local zeros = #string.match(decimal, '0*$')
  local digit = #decimal - zeros
  local text = string.sub(decimal, 1, digit - 1) .. (string.sub(decimal, digit, digit) - 1) .. string.rep('9', zeros)
  return string.match(text, '^0(%d+)$') or text
end

local function successor(id)
  local ms, seq = split_id(id)
  if seq == MAX_64 then return next_decimal(ms) .. '-0' end
  return ms .. '-' .. next_decimal(seq)
end

local function predecessor(id)
  local ms, seq = split_id(id)
  if seq ~= '0' then return ms .. '-' .. previous_decimal(seq) end
  if ms == '0' then return id end
  return previous_decimal(ms) .. '-' .. MAX_64
end
