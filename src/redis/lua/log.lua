-- A conversation's log: entries with ids <ms>-<seq>, seq = 1, 2, 3 … without holes.
--   entry  uid <from> n <n> [action a] [target id] [by uid] [cid clientMessageId], then the fields
-- `n` counts the messages up to this entry: events and changes repeat that of the entry before.
-- @include "clock"
-- @include "names"
-- @include "order"

-- The id and the n of a log's newest entry; '0-0' and '0' if there is none. It is where seq and n continue from.
local function newest(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', '1')[1]
  if not entry then return '0-0', '0' end
  return entry[1], entry[2][4]
end

-- The next entry of a log, not written yet. `own` is { action = …, target = …, by = … } of an event or a change, or
-- { cid = … } of a message, which makes the conversation unread; the last two of the former and the latter may be absent.
local function next_entry(log, from, own, fields)
  local last_id, last_n = newest(log_key(log))
  local last_ms, last_seq = split_id(last_id)
  local ms = now_ms()
  if less(ms, last_ms) then ms = last_ms end
  local n = own.action and last_n or plus_one(last_n)
  local entry
  if own.action then
    entry = { 'uid', from, 'n', n, 'action', own.action }
    if own.target then entry[7], entry[8] = 'target', own.target end
    if own.by then entry[#entry + 1], entry[#entry + 2] = 'by', own.by end
    local size = #entry
    for i = 1, #fields do entry[size + i] = fields[i] end
  elseif own.cid then
    entry = { 'uid', from, 'n', n, 'cid', own.cid, unpack(fields) }
  else
    entry = { 'uid', from, 'n', n, unpack(fields) }
  end
  return { log = log, id = ms .. '-' .. plus_one(last_seq), ms = ms, n = n, last_n = last_n, last_id = last_id, entry = entry }
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
