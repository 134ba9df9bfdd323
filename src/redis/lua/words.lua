-- The words that a caller gives a function: no schema has checked them. `usage` is what a refusal shows.
-- @include "fields"
-- @include "refusals"
-- @include "well_formed"

local NAME_RULE = ' has 1 to 64 of A-Z a-z 0-9 . _ @ + ~ | -, begins with a letter or a digit, and is not "me"'

-- As NAME_PATTERN of src/domain/names.ts.
local function is_name(text)
  return #text <= 64 and text ~= 'me' and string.find(text, '^[A-Za-z0-9][A-Za-z0-9._@+~|%-]*$') ~= nil
end

local function misused(what, usage) return refuse('INVALID_REQUEST', what .. '; use FCALL ' .. usage) end

-- Checks that words begin with these, of which the ones called uid, peer and gid are names. Returns nil, or the refusal.
local function check_first(words, labels, usage)
  for i = 1, #labels do
    local label, word = labels[i], words[i]
    if not word then return misused('the ' .. label .. ' is missing', usage) end
    if (label == 'uid' or label == 'peer' or label == 'gid') and not is_name(word) then
      return misused('a ' .. label .. NAME_RULE, usage)
    end
  end
end

-- The same where nothing may follow.
local function check_words(words, labels, usage)
  local refusal = check_first(words, labels, usage)
  if refusal then return refusal end
  if #words > #labels then return misused('there are too many words', usage) end
end

-- The fields { name, value, … } that words have from `first` on. Returns them, or nil and the refusal. What is too large
-- is refused before it is read.
local function fields_from(words, first, usage)
  local count, bytes = #words - first + 1, 0
  if count % 2 ~= 0 then return nil, misused('each field needs a value', usage) end
  for i = first, #words do bytes = bytes + #words[i] end
  if count > 2 * MAX_FIELDS or bytes > MAX_FIELD_BYTES then return nil, refuse('FIELDS_TOO_LARGE', '') end
  local fields, seen = {}, {}
  for i = first, #words, 2 do
    local name, value = words[i], words[i + 1]
    if not is_well_formed(name) or not is_well_formed(value) then
      return nil, misused('a field holds bytes that are no UTF-8', usage)
    end
    if seen[name] then return nil, misused('a field is named twice', usage) end
    seen[name] = true
    fields[#fields + 1], fields[#fields + 2] = name, value
  end
  return fields
end
