-- Fields: what users, groups and messages carry, a flat map of strings. The same limits as src/domain/fields.ts.
-- @include "order"
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

-- A replacement or a merge, to be applied to the fields of a hash. `change` is the number of pairs, the pairs, and the
-- names to remove, from `first` on; `own` names the hash's own members, which stay as they are.
-- Returns { fields = the new ones, flat and sorted by name, set = pairs to write, removed = names to delete }, or nil
-- and the refusal.
local function change_fields(key, own, replace, change, first)
  local current, before, after = redis.call('HGETALL', key), {}, {}
  for i = 1, #current, 2 do
    if not own[current[i]] then before[current[i]] = current[i + 1] end
  end
  if not replace then
    for name, value in pairs(before) do after[name] = value end
  end
  local pairs_end = first + 2 * tonumber(change[first])
  for i = first + 1, pairs_end, 2 do
    local refusal = check_name(change[i], own)
    if refusal then return nil, refusal end
    after[change[i]] = change[i + 1]
  end
  for i = pairs_end + 1, #change do after[change[i]] = nil end

  local names, set, removed, bytes = {}, {}, {}, 0
  for name, value in pairs(after) do
    names[#names + 1] = name
    bytes = bytes + #name + #value
    if before[name] ~= value then
      set[#set + 1] = name
      set[#set + 1] = value
    end
  end
  if #names > MAX_FIELDS or bytes > MAX_FIELD_BYTES then return nil, refuse('FIELDS_TOO_LARGE', '') end
  for name in pairs(before) do
    if after[name] == nil then removed[#removed + 1] = name end
  end
  table.sort(names, bytes_less)
  local flat = {}
  for i = 1, #names do
    flat[2 * i - 1] = names[i]
    flat[2 * i] = after[names[i]]
  end
  return { fields = flat, set = set, removed = removed, changes = #set + #removed > 0 }
end

local function write_fields(key, change)
  if #change.set > 0 then redis.call('HSET', key, unpack(change.set)) end
  if #change.removed > 0 then redis.call('HDEL', key, unpack(change.removed)) end
end
