#!lua flags=no-writes
-- Reads a conversation's log after a position, as it was written, and in the same moment who may read it, and where it ends.
-- Entries have numbers without holes, so that every loss is seen: a hole is what was erased, or else a gap.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, u:<reader>, ru:<reader>, fl:<reader>, and u:<peer> in a direct chat,
--          gi:<gid>, gm:<gid> in a group
--   ARGV   log, reader, peer ('' in a group), epoch and incarnation of the position ('' each: of now), its message id ('0-0':
--          before the oldest one kept), how many (0: only the position), bytes after which it is enough
--   reply  { epoch, incarnation of the log, incarnation of the reader, newest id ('1-0' if there is none), the position to go on
--            after, the position that was asked for, 'trimmed' | 'reset' | '' (nothing is missing in front of it), how many are missing ('' if unknown),
--            1 if the position lay beyond the log while its epoch held, else 0, items }; an item is { id, flat },
--          { 'erased', what er:<log> has }, or { 'edit', id } of an edit that was erased with its message
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND
-- @include "followed"
-- @include "message_state"
-- @include "stream_ids"
-- @include "streams"
local log, reader, peer, count, max_bytes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[7]), tonumber(ARGV[8])
local of_epoch, of_incarnation, mid = ARGV[4], ARGV[5], ARGV[6]
local key = log_key(log)

local followed, refusal = follow(log, reader, peer)
if refusal then return refusal end
local last, floor = end_of_log(log), followed.floor
local gap, lost, beyond = '', '', 0

local function number(id) return tonumber(seq_of(id)) end
-- The position directly before an entry: what comes next has the entry's number.
local function before(id)
  local ms, seq = split_id(id)
  return ms .. '-' .. string.format('%.0f', tonumber(seq) - 1)
end
local function is_kept(id) return redis.call('XRANGE', key, id, id)[1] or tombstone_of(log, id) end
local function first_after(id)
  -- Nothing is after it, and no range may say so.
  if id == MAX_64 .. '-' .. MAX_64 then return nil end
  return redis.call('XRANGE', key, id == '0-0' and '-' or '(' .. id, '+', 'COUNT', 1)[1]
end
local function reset(to) mid, gap, lost = to, 'reset', '' end

if of_epoch == '' then
  -- A message id, or any moment: then what comes next is the first after it.
  if mid ~= '0-0' and not is_kept(mid) then
    local entry = first_after(mid)
    mid = entry and before(entry[1]) or last
  end
elseif of_epoch ~= followed.epoch or of_incarnation ~= followed.incarnation then
  -- Data may have been lost, or it is another group's log. Where the entry still is there nothing after it is left out.
  local is_same = of_incarnation == followed.incarnation and is_kept(mid)
  reset(is_same and mid or last)
elseif mid ~= '0-0' and number(mid) > number(last) then
  beyond = 1
  reset(last)
end
if mid ~= '0-0' and gap == '' and mid ~= last then
  local entry = first_after(mid)
  if not entry and number(mid) >= number(last) or entry and number(entry[1]) <= number(mid) then
    -- The numbers have been given out anew.
    beyond = 1
    reset(entry and before(entry[1]) or last)
  elseif not entry then
    reset(last)
  end
end
if floor and is_below(mid, floor) then
  mid, gap, lost = floor, gap == 'reset' and gap or '', ''
end

-- A position of now has nothing in front of it that could be missing.
if of_epoch == '' then gap, lost, beyond = '', '', 0 end
local asked = mid

local items, bytes, at = {}, 0, nil
local function take(seq, item)
  items[#items + 1] = item
  at = seq
end

-- Takes what was erased from `at` on, up to an entry or tombstone of this number. False at a hole that nothing explains.
local function take_erased(up_to, tombstones)
  while at + 1 < up_to do
    if #items >= count then return false end
    local tombstone = tombstones[at + 1]
    local edit = not tombstone and kept(log, string.format('%.0f', at + 1), 'erased')
    if tombstone then take(at + 1, { 'erased', tombstone })
    elseif edit then take(at + 1, { 'edit', edit })
    elseif #items == 0 and gap == '' then
      -- In front of the page: the first that there is after the hole.
      local next_seq = up_to
      for seq in pairs(tombstones) do
        if seq > at and seq < next_seq then next_seq = seq end
      end
      gap, lost = 'trimmed', string.format('%.0f', next_seq - at - 1)
      mid = split_id(mid) .. '-' .. string.format('%.0f', next_seq - 1)
      at = next_seq - 1
    else
      return false
    end
  end
  return #items < count
end

local function tombstones_after(seq, below)
  local found = {}
  local range = redis.call('ZRANGEBYSCORE', erased_key(log), '(' .. seq, '(' .. below, 'LIMIT', 0, count)
  for _, tombstone in ipairs(range) do found[number(string.match(tombstone, '^%S+'))] = tombstone end
  return found
end

if count > 0 then
  local from = mid
  if mid == '0-0' then
    local first = first_after(mid)
    at = first and number(first[1]) - 1
  else
    at = number(mid)
  end
  local is_open = at ~= nil
  while is_open and #items < count and bytes < max_bytes do
    local entries = redis.call('XRANGE', key, from == '0-0' and '-' or '(' .. from, '+', 'COUNT', math.min(20, count - #items))
    if #entries == 0 then break end
    local below = string.format('%.0f', number(entries[#entries][1]))
    local tombstones = nil
    for _, entry in ipairs(entries) do
      local seq = number(entry[1])
      if seq > at + 1 then tombstones = tombstones or tombstones_after(at, below) end
      is_open = seq == at + 1 or take_erased(seq, tombstones)
      if not is_open or #items >= count or bytes >= max_bytes then break end
      take(seq, entry)
      bytes = bytes + bytes_of(entry[2])
      from = entry[1]
    end
  end
end
return { followed.epoch, followed.incarnation, followed.reader, last, mid, asked, gap, lost, beyond, items }
