-- A conversation's log: entries with ids <ms>-<seq>, seq = 1, 2, 3 … without holes.
--   message  uid <from> n <n> [cid <clientMessageId>] [reply <mid>] [mentions <uid …>] [attachments <JSON>] [silent 1], then the fields
--   event    uid <who> n <n> action <a> [by <uid>] [cid <clientMessageId>], then the fields
--   change   uid <who> n <n> action edit|erase target <mid> last <mid>, then the new fields of an edit
-- `n` counts the messages up to this entry: events and changes repeat that of the entry before. `last` is the newest entry
-- that is no change ('0-0' if there is none): a history shows those alone, and passes over changes by it.
-- @include "clock"
-- @include "names"
-- @include "order"

local function is_change(flat) return flat[5] == 'action' and (flat[6] == 'edit' or flat[6] == 'erase') end

-- What an entry says is the newest that a history shows, itself included.
local function last_shown(id, flat)
  if not is_change(flat) then return id end
  return flat[9] == 'last' and flat[10] or '0-0'
end

-- The id and the n of a log's newest entry, and the newest one that a history shows: '0-0', '0' and '0-0' if there is
-- none. It is where seq and n continue from.
local function newest(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', '1')[1]
  if not entry then return '0-0', '0', '0-0' end
  return entry[1], entry[2][4], last_shown(entry[1], entry[2])
end

-- The next entry of a log, not written yet. `own` is { action = …, by = … } of an event, { action = …, target = … } of a
-- change, or { cid = …, reply = …, mentions = …, attachments = …, silent = … } of a message, which makes the conversation unread;
-- `by` and the latter five may be absent.
local function next_entry(log, from, own, fields)
  local last_id, last_n, last = newest(log_key(log))
  local last_ms, last_seq = split_id(last_id)
  local ms = now_ms()
  if less(ms, last_ms) then ms = last_ms end
  local n = own.action and last_n or plus_one(last_n)
  local entry
  if own.action or own.reply or own.mentions or own.attachments or own.silent then
    entry = { 'uid', from, 'n', n }
    local size = 4
    local function add(name, value)
      if not value then return end
      entry[size + 1], entry[size + 2] = name, value
      size = size + 2
    end
    add('action', own.action)
    add('target', own.target)
    if own.target then add('last', last) end
    add('by', own.by)
    add('cid', own.cid)
    add('reply', own.reply)
    add('mentions', own.mentions)
    add('attachments', own.attachments)
    add('silent', own.silent)
    for i = 1, #fields do entry[size + i] = fields[i] end
  elseif own.cid then
    entry = { 'uid', from, 'n', n, 'cid', own.cid, unpack(fields) }
  else
    entry = { 'uid', from, 'n', n, unpack(fields) }
  end
  return {
    log = log, id = ms .. '-' .. plus_one(last_seq), ms = ms, n = n, entry = entry,
    last_n = last_n, last_id = last_id, last = last,
  }
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
