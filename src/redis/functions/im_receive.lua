-- Reads a user's inbox after a cursor: what came, and what is missing. A function can't wait for more to come.
--   words  uid, and in any order COUNT n (1 to 1000, 20 if left out), START 0 | $ | cursor (0, the oldest kept, if left out)
--   reply  { cursor to START at the next time, gap, entries }
--          gap: {}, or { 'reason', 'trimmed' | 'reset', 'requested', cursor, 'resumed', cursor[, 'lost', n] }
--          entries: { cursor, conversation, message id, { 'uid', sender, 'n', n, …, field, value, … } }, and
--          { 'action', 'gone' } for a message that was erased. At most about 1 MiB of them.
--   refuses  USER_NOT_FOUND, INVALID_REQUEST
-- @include "begin"
-- @include "inbox"
-- @include "names"
-- @include "offer"
-- @include "positions"
-- @include "words"
local USAGE = 'im_receive 0 uid [COUNT n] [START 0|$|cursor]'
local MAX_COUNT, MAX_BYTES = 1000, 1048576

-- Returns count and start, or nil, nil and the refusal.
local function options_from(words)
  local count, start = '20', '0'
  for i = 2, #words, 2 do
    local option, value = string.upper(words[i]), words[i + 1]
    if option == 'BLOCK' then
      return nil, nil, misused('BLOCK is not possible, a function can not wait: ask again, or follow the HTTP stream', USAGE)
    end
    if option ~= 'COUNT' and option ~= 'START' then return nil, nil, misused('there is a word that is none', USAGE) end
    if not value then return nil, nil, misused(option .. ' needs a value', USAGE) end
    if option == 'COUNT' then count = value else start = value end
  end
  if not string.find(count, '^[1-9]%d?%d?%d?$') or tonumber(count) > MAX_COUNT then
    return nil, nil, misused('COUNT is a number from 1 to 1000', USAGE)
  end
  if start == '0' then start = OLDEST end
  if start ~= '$' and not is_stream_id(start) then
    return nil, nil, misused('START is 0, $ or a cursor such as 1763900311455-42', USAGE)
  end
  return count, start
end

-- How a reader names the conversation that a log holds; as conversationOf of src/domain/conversations.ts.
local function conversation_of(uid, log)
  local gid = string.match(log, '^gs:(.*)$')
  if gid then return 'group:' .. gid end
  local first, second = string.match(log, '^ds:([^:]*):([^:]*)$')
  return 'user:' .. (first == uid and second or first or uid)
end

-- The parts of an entry as the command gives it: its cursor, the log and the id of its message, and the message if it
-- brings it.
local function parts_of(entry)
  local id, flat = entry[1], entry[2]
  local is_reference = flat[1] == 'FW'
  return id, is_reference and flat[2] or '', is_reference and flat[4] or '0-0', { unpack(flat, 5) }
end

-- The message that an inbox entry refers to, or brings with it where its log is gone.
local function message_of(log, mid, brought)
  if brought and #brought > 0 then return brought end
  if not is_stream_id(mid) then return { 'action', 'gone' } end
  local found = redis.pcall('XRANGE', log_key(log), mid, mid)
  -- A log that somebody has overwritten with another type reads as if its messages were gone.
  if found.err and not string.find(found.err, '^WRONGTYPE') then error(found) end
  return found[1] and found[1][2] or { 'action', 'gone' }
end

offer('im_receive', { 'no-writes' }, function(words)
  local refusal = check_first(words, { 'uid' }, USAGE)
  if refusal then return refusal end
  local uid = words[1]
  local count, start, problem = options_from(words)
  if problem then return problem end

  local from_now = start == '$'
  local newest, _, entries =
    read_inbox(inbox_key(uid), user_key(uid), removed_user_key(uid), range_after(start), from_now and 0 or tonumber(count))
  if not entries then return newest end
  local newest_position = position_of(EPOCH or '0', newest)
  if from_now then return { newest_position, {}, {} } end

  local resumed = entries[1] and predecessor((parts_of(entries[1]))) or newest_position
  local gap = {}
  if start ~= OLDEST and start ~= resumed then gap = gap_between(start, resumed) end
  local read, bytes = {}, 0
  for i, entry in ipairs(entries) do
    local cursor, log, mid, brought = parts_of(entry)
    -- The next call starts in front of a hole, and tells of it.
    if bytes > MAX_BYTES or (i > 1 and cursor ~= successor(read[i - 1][1])) then break end
    local message = message_of(log, mid, brought)
    bytes = bytes + bytes_of(message)
    read[i] = { cursor, conversation_of(uid, log), mid, message }
  end
  return { #read > 0 and read[#read][1] or resumed, gap, read }
end)
