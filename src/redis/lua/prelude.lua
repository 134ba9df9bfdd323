-- Shared by every script: the loader puts it in front, after these constants of the service's configuration:
--   PREFIX, INBOX_MAX, FEED_MAX, GROUP_MAX, LOG_MAX, LOG_DAYS
-- A refusal is returned as { code } with a code of src/errors.ts; nothing is written before the last refusal.

-- Key names, the mirror of src/redis/keys.ts (a test compares the two).
local META_KEY = PREFIX .. 'im:meta'
local FEED_KEY = PREFIX .. 'feed'
local function user_key(uid) return PREFIX .. 'u:' .. uid end
local function inbox_key(uid) return PREFIX .. 's:' .. uid end
local function contacts_key(uid) return PREFIX .. 'c:' .. uid end
local function read_key(uid) return PREFIX .. 'rd:' .. uid end
local function members_key(gid) return PREFIX .. 'gm:' .. gid end
local function log_key(log) return PREFIX .. log end

local MAX_FIELDS = 64
local MAX_FIELD_BYTES = 65536
local FEED_BODY_BYTES = 2048
local FEED_RECIPIENTS = 500

-- Unsigned 64-bit numbers stay text: a Lua number is a double. Canonical decimals compare by length, then by digits.
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function plus_one(decimal) return string.format('%.0f', tonumber(decimal) + 1) end

local function now_ms()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end

local function split_id(id) return string.match(id, '^(%d+)-(%d+)$') end

local function id_less(a, b)
  local a_ms, a_seq = split_id(a)
  local b_ms, b_seq = split_id(b)
  if a_ms ~= b_ms then return less(a_ms, b_ms) end
  return less(a_seq, b_seq)
end

local function direct_log(a, b)
  if a < b then return 'ds:' .. a .. ':' .. b end
  return 'ds:' .. b .. ':' .. a
end

-- The id and the n of a log's newest entry; '0-0' and '0' if there is none. It is where seq and n continue from.
local function newest(log)
  local entry = redis.call('XREVRANGE', log_key(log), '+', '-', 'COUNT', 1)[1]
  if not entry then return '0-0', '0' end
  return entry[1], entry[2][4]
end

-- The newest id that a stream has ever had, or nil if there is no such stream (or it is none).
local function last_generated(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then return nil end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

local function epoch()
  local current = redis.call('HGET', META_KEY, 'epoch')
  if not current then
    current = now_ms()
    redis.call('HSET', META_KEY, 'epoch', current)
  end
  return current
end

-- Moves the epoch beyond `ms`; returns the new one, or nil where `ms` leaves no room (2^53 and up).
local function move_epoch_past(ms)
  if #ms > 15 then return nil end
  local moved = plus_one(ms)
  local now = now_ms()
  if less(moved, now) then moved = now end
  redis.call('HSET', META_KEY, 'epoch', moved)
  return moved
end

-- Adds to a stream that has just refused the partial id of the epoch. If its newest id lies beyond the epoch, the epoch
-- moves past it. Returns the id and the epoch that holds from now on; or nil, that epoch and the reason of the refusal.
local function add_beyond(key, max, current_epoch, refusal, ...)
  local last = last_generated(key)
  local moved = last and move_epoch_past(split_id(last))
  if not moved then return nil, current_epoch, refusal.err end
  local id = redis.pcall('XADD', key, 'MAXLEN', '~', max, moved .. '-*', ...)
  if id.err then return nil, moved, id.err end
  return id, moved
end

-- Tells the nodes: recipients is { uid, n, uid, n, … } of one epoch; entry is the message as the log holds it.
local function publish(current_epoch, log, mid, recipients, entry)
  local bytes = 0
  for i = 1, #entry do bytes = bytes + #entry[i] end
  if bytes > FEED_BODY_BYTES then entry = {} end
  for first = 1, #recipients, 2 * FEED_RECIPIENTS do
    local last = math.min(first + 2 * FEED_RECIPIENTS - 1, #recipients)
    local to = table.concat(recipients, ' ', first, last)
    local id = redis.pcall('XADD', FEED_KEY, 'MAXLEN', '~', FEED_MAX, current_epoch .. '-*',
      'log', log, 'mid', mid, 'to', to, unpack(entry))
    if id.err then
      id, current_epoch =
        add_beyond(FEED_KEY, FEED_MAX, current_epoch, id, 'log', log, 'mid', mid, 'to', to, unpack(entry))
    end
  end
  return current_epoch
end

-- Puts a reference to the message into each recipient's inbox, with one call for each, and tells the nodes.
-- `inline` is the message itself where its log is about to go ({} otherwise). A failure at one recipient is counted and
-- leaves no other without the message. Returns how many inboxes refused and the first one's reason ('' if none).
local function fan_out(log, mid, entry, recipients, inline)
  local current_epoch = epoch()
  local partial_id, prefix = current_epoch .. '-*', #current_epoch + 2
  local reached, count, failed, reason = {}, 0, 0, ''
  -- The one loop whose length is the number of recipients: nothing in it that could be outside.
  local pcall, sub, inbox_prefix, is_inline = redis.pcall, string.sub, inbox_key(''), #inline > 0
  for i = 1, #recipients do
    local uid = recipients[i]
    local key = inbox_prefix .. uid
    local id
    if is_inline then
      id = pcall('XADD', key, 'MAXLEN', '~', INBOX_MAX, partial_id, 'FW', log, 'mid', mid, unpack(inline))
    else
      id = pcall('XADD', key, 'MAXLEN', '~', INBOX_MAX, partial_id, 'FW', log, 'mid', mid)
    end
    if id.err then
      local epoch_now, why
      id, epoch_now, why =
        add_beyond(key, INBOX_MAX, current_epoch, id, 'FW', log, 'mid', mid, unpack(inline))
      if epoch_now ~= current_epoch then
        -- What was reached so far has ids of the epoch that just ended.
        publish(current_epoch, log, mid, reached, entry)
        current_epoch, reached, count = epoch_now, {}, 0
        partial_id, prefix = current_epoch .. '-*', #current_epoch + 2
      end
      if not id then
        failed = failed + 1
        if reason == '' then reason = uid .. ': ' .. why end
      end
    end
    if id then
      reached[count + 1], reached[count + 2] = uid, sub(id, prefix)
      count = count + 2
    end
  end
  publish(current_epoch, log, mid, reached, entry)
  return failed, reason
end

-- The next entry of a log, not written yet. counts: whether it makes the conversation unread; action and cid may be nil.
local function next_entry(log, from, counts, action, cid, fields)
  local last_id, n = newest(log)
  local last_ms, last_seq = split_id(last_id)
  local ms = now_ms()
  if less(ms, last_ms) then ms = last_ms end
  if counts then n = plus_one(n) end
  local entry = { 'uid', from, 'n', n }
  if action then
    entry[#entry + 1] = 'action'
    entry[#entry + 1] = action
  end
  if cid then
    entry[#entry + 1] = 'cid'
    entry[#entry + 1] = cid
  end
  for i = 1, #fields do entry[#entry + 1] = fields[i] end
  return { log = log, from = from, id = ms .. '-' .. plus_one(last_seq), ms = ms, n = n, last_id = last_id, entry = entry }
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

local function mark_read(uid, message) redis.call('HSET', read_key(uid), message.log, message.n .. ' ' .. message.id) end

-- A direct message makes the conversation appear for the other person, everything before it read.
local function appear(uid, message, counts)
  local n = message.n
  if counts then n = string.format('%.0f', tonumber(n) - 1) end
  redis.call('HSETNX', read_key(uid), message.log, n .. ' ' .. message.last_id)
end

local function direct_recipients(from, peer)
  if from == peer then return { from } end
  return { from, peer }
end

-- A system event in the direct chat of two people.
local function tell_direct(from, peer, action, fields)
  local message = next_entry(direct_log(from, peer), from, false, action, nil, fields)
  append(message)
  mark_read(from, message)
  if from ~= peer then appear(peer, message, false) end
  local failed, reason = fan_out(message.log, message.id, message.entry, direct_recipients(from, peer), {})
  return message, failed, reason
end

-- A system event in a group, for the given recipients.
local function tell_group(gid, from, action, fields, recipients)
  local message = next_entry('gs:' .. gid, from, false, action, nil, fields)
  append(message)
  local failed, reason = fan_out(message.log, message.id, message.entry, recipients, {})
  return message, failed, reason
end

-- { 'by', actor } where somebody else than `uid` acts for `uid`; the server's own backend ('') is not named.
local function by(actor, uid)
  if actor == '' or actor == uid then return {} end
  return { 'by', actor }
end

-- Applies a replacement or a merge to a flat hash reply: ARGV from `first` on is the number of pairs, the pairs, and the
-- names to remove. `kept` names the hash's own, non-user fields. Returns the new fields as a table and as a flat list
-- sorted by name, whether anything changes, and a refusal or nil.
local function change_fields(current, kept, replace, first)
  local before, after = {}, {}
  for i = 1, #current, 2 do
    if not kept[current[i]] then before[current[i]] = current[i + 1] end
  end
  if not replace then
    for name, value in pairs(before) do after[name] = value end
  end
  local pairs_end = first + 2 * tonumber(ARGV[first])
  for i = first + 1, pairs_end, 2 do after[ARGV[i]] = ARGV[i + 1] end
  for i = pairs_end + 1, #ARGV do after[ARGV[i]] = nil end
  local names, bytes, changed = {}, 0, false
  for name, value in pairs(after) do
    names[#names + 1] = name
    bytes = bytes + #name + #value
    if before[name] ~= value then changed = true end
  end
  for name in pairs(before) do
    if after[name] == nil then changed = true end
  end
  if #names > MAX_FIELDS or bytes > MAX_FIELD_BYTES then return nil, nil, nil, 'fields_too_large' end
  table.sort(names)
  local flat = {}
  for i = 1, #names do
    flat[#flat + 1] = names[i]
    flat[#flat + 1] = after[names[i]]
  end
  return after, flat, changed
end
