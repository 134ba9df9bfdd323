-- Messages as a history shows them: with the newest edit, reactions and replies. One call for all of a page.
-- @include "message_state"
-- @include "reading"

-- What is shown of entries ({ id, flat } each) to a reader, in the order given:
--   { 'entry', id, flat, edit, reactions, the reader's reactions, replies }, '' where there is none, or
--   { 'erased', what er:<log> has } as it is
local function shown(log, reader, entries)
  local names = {}
  for _, entry in ipairs(entries) do
    if entry[1] ~= 'erased' then
      local seq = seq_of(entry[1])
      local size = #names
      names[size + 1], names[size + 2] = seq .. ':edit', seq .. ':reactions'
      names[size + 3], names[size + 4] = seq .. ':by:' .. reader, seq .. ':replies'
    end
  end
  local values = #names > 0 and redis.call('HMGET', state_key(log), unpack(names)) or {}
  local reply, at = {}, 0
  for i, entry in ipairs(entries) do
    if entry[1] == 'erased' then
      reply[i] = entry
    else
      reply[i] = { 'entry', entry[1], entry[2], values[at + 1] or '', values[at + 2] or '', values[at + 3] or '', values[at + 4] or '' }
      at = at + 4
    end
  end
  return reply
end

-- One message, or what stands in its place: what `shown` takes; nil where there is none, or it is no message or event.
local function find(log, mid)
  local entry = redis.call('XRANGE', log_key(log), mid, mid)[1]
  if entry then return not is_change(entry[2]) and entry or nil end
  local tombstone = tombstone_of(log, mid)
  return tombstone and { 'erased', tombstone }
end

-- The same for somebody who reads nothing up to `floor`.
local function find_above(floor, log, mid) return not is_below(mid, floor) and find(log, mid) or nil end

-- The same for whoever asks, `peer` being '' in a group. Returns what was found, or nil and the refusal.
local function read_one(log, reader, peer, mid)
  local floor, refusal = reading(log, reader, peer)
  local found = not refusal and find_above(floor, log, mid)
  if found then return found end
  return nil, refusal or refuse('MESSAGE_NOT_FOUND', mid)
end
