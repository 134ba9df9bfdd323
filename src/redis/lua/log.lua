-- A conversation's log: entries with ids <ms>-<seq>, seq = 1, 2, 3 … without holes.
--   entry  uid <from> n <n> [action a] [target id] [by uid] [cid clientMessageId], then the fields
-- `n` counts the messages up to this entry: events and changes repeat that of the entry before.
-- @include "clock"
-- @include "names"
-- @include "order"

-- The id and the n of a log's newest entry; '0-0' and '0' if there is none. It is where seq and n continue from.
local function newest(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  if not entry then return '0-0', '0' end
  return entry[1], entry[2][4]
end

-- The next entry of a log, not written yet. `own` is { action = …, target = …, by = …, cid = … }, each of which may be
-- absent; an entry without an action is a message, and makes the conversation unread.
local function next_entry(log, from, own, fields)
  local last_id, n = newest(log_key(log))
  local last_ms, last_seq = split_id(last_id)
  local ms = now_ms()
  if less(ms, last_ms) then ms = last_ms end
  if not own.action then n = plus_one(n) end
  local entry, size = { 'uid', from, 'n', n }, 4
  if own.action then entry[size + 1], entry[size + 2], size = 'action', own.action, size + 2 end
  if own.target then entry[size + 1], entry[size + 2], size = 'target', own.target, size + 2 end
  if own.by then entry[size + 1], entry[size + 2], size = 'by', own.by, size + 2 end
  if own.cid then entry[size + 1], entry[size + 2], size = 'cid', own.cid, size + 2 end
  for i = 1, #fields do entry[size + i] = fields[i] end
  return { log = log, id = ms .. '-' .. plus_one(last_seq), ms = ms, n = n, last_id = last_id, entry = entry }
end

-- Writes the entry that next_entry made. Retention never removes the newest entry, which is this one.
local function append(message)
  local key = log_key(message.log)
  local day_limit = LOG_DAYS > 0 and string.format('%.0f', math.max(0, tonumber(message.ms) - LOG_DAYS * 86400000))
  if LOG_MAX > 0 then
    redis.call('XADD', key, 'MAXLEN', '~', LOG_MAX, message.id, unpack(message.entry))
    if day_limit then redis.call('XTRIM', key, 'MINID', '~', day_limit) end
  elseif day_limit then
    redis.call('XADD', key, 'MINID', '~', day_limit, message.id, unpack(message.entry))
  else
    redis.call('XADD', key, message.id, unpack(message.entry))
  end
end
