-- What a message's entry has beside its fields, in its order; none of these is a name that a field may have.
local MESSAGE_OWN = { uid = true, n = true, action = true, target = true, last = true, by = true, cid = true, reply = true, mentions = true, attachments = true,
  silent = true }

-- Where an entry's fields begin.
local function fields_begin(flat)
  local i = 5
  while flat[i] and MESSAGE_OWN[flat[i]] do i = i + 2 end
  return i
end

-- What an entry has under one of those names, or nil.
local function own_value(flat, name)
  for i = 5, fields_begin(flat) - 2, 2 do
    if flat[i] == name then return flat[i + 1] end
  end
end
