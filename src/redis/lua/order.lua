-- Orders that do not depend on the server's locale: Lua's own `<` compares text as strcoll does.

local function bytes_less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Unsigned 64-bit numbers stay text, since a Lua number is a double. Canonical decimals compare by length, then by digits.
local function less(a, b)
  if #a ~= #b then return #a < #b end
  if #a <= 15 then return tonumber(a) < tonumber(b) end
  return bytes_less(a, b)
end

-- The decimal that follows. Only a 9 at the end needs a number, which is dear to print.
local function plus_one(decimal)
  local digit = string.byte(decimal, -1)
  if digit < 57 then return string.sub(decimal, 1, -2) .. string.char(digit + 1) end
  return string.format('%.0f', tonumber(decimal) + 1)
end

local function split_id(id)
  local dash = string.find(id, '-', 1, true)
  return string.sub(id, 1, dash - 1), string.sub(id, dash + 1)
end

local function id_less(a, b)
  local a_ms, a_seq = split_id(a)
  local b_ms, b_seq = split_id(b)
  if a_ms ~= b_ms then return less(a_ms, b_ms) end
  return less(a_seq, b_seq)
end
