-- Text that every reader can decode: well-formed UTF-8 (RFC 3629), as JSON is, whoever wrote it.

local function is_well_formed(text)
  local find, byte = string.find, string.byte
  local i = find(text, '[\128-\255]')
  while i do
    local first, second, third, fourth = byte(text, i, i + 3)
    local length, least, most = 0, 128, 191
    if first >= 194 and first <= 223 then
      length = 2
    elseif first >= 224 and first <= 239 then
      length = 3
      if first == 224 then least = 160 elseif first == 237 then most = 159 end
    elseif first >= 240 and first <= 244 then
      length = 4
      if first == 240 then least = 144 elseif first == 244 then most = 143 end
    else
      return false
    end
    if not second or second < least or second > most then return false end
    if length > 2 and (not third or third < 128 or third > 191) then return false end
    if length > 3 and (not fourth or fourth < 128 or fourth > 191) then return false end
    i = find(text, '[\128-\255]', i + length)
  end
  return true
end
