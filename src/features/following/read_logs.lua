#!lua flags=no-writes
-- Reads conversations' logs for those who follow them, each after a position, as they were written, and in the same moment who may
-- read each, and where it ends. Entries have numbers without holes, so that every loss is seen: a hole is what was erased, or
-- else a gap. Those who go on from the same position of a log share what is read. Begins with no other page when so much has been
-- read that others would have to wait: what is left is for another call.
--   KEYS   im:meta, then of each reader the log, ms:<log>, ch:<log>, er:<log>, u:<reader>, ru:<reader>, fl:<reader>, and u:<peer>
--          in a direct chat, gi:<gid>, gm:<gid> in a group
--   ARGV   how many bytes may be read, then of each reader: log, reader, peer ('' in a group), epoch and incarnation of the position
--          ('' each: of now), its message id ('0-0': before the oldest one kept), how many (0: only the position), bytes after
--          which it is enough
--   reply  of each that was read: { epoch, incarnation of the log, incarnation of the reader, newest id ('1-0' if there is none),
--            the position to go on after, the position that was asked for, 'trimmed' | 'reset' | '' (nothing is missing in front
--            of it), how many are missing ('' if unknown), 1 if the position lay beyond the log while its epoch held, else 0,
--            items, or the place of the reader in this reply who has the same ones }; an item is { id, flat },
--          { 'erased', what er:<log> has }, or { 'edit', id } of an edit that was erased with its message.
--          One that is refused, or can't be read, has { error } and is nobody else's concern
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND
-- @include "followed"
-- @include "message_state"
-- @include "refusals"
-- @include "stream_ids"
-- @include "streams"

local function number(id) return tonumber(seq_of(id)) end
-- The position directly before an entry: what comes next has the entry's number.
local function before(id)
  local ms, seq = split_id(id)
  return ms .. '-' .. string.format('%.0f', tonumber(seq) - 1)
end
local function is_kept(log, id) return redis.call('XRANGE', log_key(log), id, id)[1] or tombstone_of(log, id) end
local function first_after(log, id)
  -- Nothing is after it, and no range may say so.
  if id == MAX_64 .. '-' .. MAX_64 then return nil end
  return redis.call('XRANGE', log_key(log), id == '0-0' and '-' or '(' .. id, '+', 'COUNT', 1)[1]
end

-- Where reading of a log goes on that ends at `last`, for who has followed it. Returns the position, why something is missing in front
-- of it ('' if nothing is), and 1 if the position that was asked for lay beyond the log while its epoch held, else 0.
local function resume(log, followed, last, of_epoch, of_incarnation, mid)
  local gap, beyond = '', 0
  local function reset(to) mid, gap = to, 'reset' end
  if of_epoch == '' then
    -- A message id, or any moment: then what comes next is the first after it.
    if mid ~= '0-0' and not is_kept(log, mid) then
      local entry = first_after(log, mid)
      mid = entry and before(entry[1]) or last
    end
  elseif of_epoch ~= followed.epoch or of_incarnation ~= followed.incarnation then
    -- Data may have been lost, or it is another group's log. Where the entry still is there nothing after it is left out.
    local is_same = of_incarnation == followed.incarnation and is_kept(log, mid)
    reset(is_same and mid or last)
  elseif mid ~= '0-0' and number(mid) > number(last) then
    beyond = 1
    reset(last)
  end
  if mid ~= '0-0' and gap == '' and mid ~= last then
    local entry = first_after(log, mid)
    if not entry and number(mid) >= number(last) or entry and number(entry[1]) <= number(mid) then
      -- The numbers have been given out anew.
      beyond = 1
      reset(entry and before(entry[1]) or last)
    elseif not entry then
      reset(last)
    end
  end
  local floor = followed.floor
  if floor and is_below(mid, floor) then mid, gap = floor, gap == 'reset' and gap or '' end
  -- A position of now has nothing in front of it that could be missing.
  if of_epoch == '' then gap, beyond = '', 0 end
  return mid, gap, beyond
end

local function tombstones_after(log, seq, below, count)
  local found = {}
  local range = redis.call('ZRANGEBYSCORE', erased_key(log), '(' .. seq, '(' .. below, 'LIMIT', 0, count)
  for _, tombstone in ipairs(range) do found[number(string.match(tombstone, '^%S+'))] = tombstone end
  return found
end

-- Reads on from a position. Returns a page: { items, how many bytes they have, the position and the gap in front of them, which
-- may be of here, and how many are missing }.
local function page_after(log, mid, gap, count, max_bytes)
  local items, bytes, at, lost = {}, 0, nil, ''
  local function take(seq, item)
    items[#items + 1] = item
    bytes = bytes + (type(item[2]) == 'table' and bytes_of(item[2]) or #item[2])
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

  if count > 0 then
    local from = mid
    if mid == '0-0' then
      local first = first_after(log, mid)
      at = first and number(first[1]) - 1
    else
      at = number(mid)
    end
    local is_open = at ~= nil
    while is_open and #items < count and bytes < max_bytes do
      local start = from == '0-0' and '-' or '(' .. from
      local entries = redis.call('XRANGE', log_key(log), start, '+', 'COUNT', math.min(20, count - #items))
      if #entries == 0 then break end
      local below = string.format('%.0f', number(entries[#entries][1]))
      local tombstones = nil
      for _, entry in ipairs(entries) do
        local seq = number(entry[1])
        if seq > at + 1 then tombstones = tombstones or tombstones_after(log, at, below, count) end
        is_open = seq == at + 1 or take_erased(seq, tombstones)
        if not is_open or #items >= count or bytes >= max_bytes then break end
        take(seq, entry)
        from = entry[1]
      end
    end
  end
  return { items = items, bytes = bytes, position = mid, gap = gap, lost = lost }
end

local reply, ends, pages, left = {}, {}, {}, tonumber(ARGV[1])

-- Returns the answer to one reader, or a refusal.
local function answer(log, reader, peer, of_epoch, of_incarnation, mid, count, max_bytes)
  local followed, refusal = follow(log, reader, peer)
  if refusal then return refusal end
  ends[log] = ends[log] or end_of_log(log)
  local asked, gap, beyond = resume(log, followed, ends[log], of_epoch, of_incarnation, mid)
  local name = table.concat({ log, asked, gap, count, max_bytes }, ' ')
  local page = pages[name]
  local items = page and page.place
  if not page then
    page = page_after(log, asked, gap, tonumber(count), tonumber(max_bytes))
    page.place, pages[name] = #reply + 1, page
    items, left = page.items, left - page.bytes
  end
  return {
    followed.epoch, followed.incarnation, followed.reader, ends[log], page.position, asked, page.gap, page.lost, beyond, items,
  }
end

for first = 2, #ARGV, 8 do
  if left <= 0 then break end
  local done, answered = pcall(answer, unpack(ARGV, first, first + 7))
  if not done or answered.err then answered = { text_of(answered) } end
  reply[#reply + 1] = answered
end
return reply
