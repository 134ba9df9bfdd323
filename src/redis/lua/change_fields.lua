-- Changes of the fields that a hash carries beside members of its own.
-- @include "fields"
-- @include "order"

-- A replacement or a merge, to be applied to fields (name → value). `change` is the number of pairs, the pairs, and the
-- names to remove, from `first` on; `own` names what no field may be called.
-- Returns { fields = the new ones, flat and sorted by name, set = pairs to write, removed = names to delete, changes =
-- whether there are any }, or nil and the refusal.
local function merge_fields(before, own, replace, change, first)
  local after = {}
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

-- The same for the fields of a hash, whose own members stay as they are.
local function change_fields(key, own, replace, change, first)
  local current, before = redis.call('HGETALL', key), {}
  for i = 1, #current, 2 do
    if not own[current[i]] then before[current[i]] = current[i + 1] end
  end
  return merge_fields(before, own, replace, change, first)
end

local function write_fields(key, change)
  if #change.set > 0 then redis.call('HSET', key, unpack(change.set)) end
  if #change.removed > 0 then redis.call('HDEL', key, unpack(change.removed)) end
end
