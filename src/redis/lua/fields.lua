-- Fields: what users, groups and messages carry, a flat map of strings. The same limits as src/domain/fields.ts.
-- @include "refusals"

local MAX_FIELDS = 64
local MAX_FIELD_NAME = 64
local MAX_FIELD_BYTES = 65536

-- Characters of UTF-8 text: every byte but those that continue one.
local function characters(text)
  local _, count = string.gsub(text, '[^\128-\191]', '')
  return count
end

-- Checks one field's name. Returns nil, or the refusal.
local function check_name(name, reserved)
  if reserved[name] then return refuse('RESERVED_FIELD', name) end
  if name == '' or (#name > MAX_FIELD_NAME and characters(name) > MAX_FIELD_NAME) then
    return refuse('INVALID_REQUEST', 'a field name has 1 to 64 characters')
  end
end

-- Checks fields { name, value, … } as a sender gives them. Returns nil, or the refusal.
local function check_fields(fields, reserved)
  local bytes = 0
  for i = 1, #fields, 2 do
    local refusal = check_name(fields[i], reserved)
    if refusal then return refusal end
    bytes = bytes + #fields[i] + #fields[i + 1]
  end
  if #fields > 2 * MAX_FIELDS or bytes > MAX_FIELD_BYTES then return refuse('FIELDS_TOO_LARGE', '') end
end
