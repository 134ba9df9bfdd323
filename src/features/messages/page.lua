#!lua flags=no-writes
-- A page of a conversation, as its history shows it: messages and events, and what stands in place of those that were
-- erased. The work is bounded by the page: changes, however many, are passed over.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, fl:<reader>, and u:<peer> in a direct chat, gi:<gid>, gm:<gid> in a group
--   ARGV   log, reader, peer ('' in a group), 'back' | 'on', message id to start beside ('' for the end), how many
--   reply  { what `shown` of src/redis/lua/shown.lua replies, … }, in the direction of reading
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND
-- @include "shown"
-- @include "stream_ids"
local log, reader, peer, goes_back, beside, want = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == 'back', ARGV[5], tonumber(ARGV[6])

local floor, refusal = reading(log, reader, peer)
if refusal then return refusal end
if not goes_back and is_below(beside, floor) then beside = floor end
-- Nothing lies beside these, and no range may say so.
if beside == (goes_back and '0-0' or MAX_64 .. '-' .. MAX_64) then return {} end

local key, far = log_key(log), goes_back and (floor and '(' .. floor or '-') or '+'
local function read(from, count)
  if goes_back then return redis.call('XREVRANGE', key, from, far, 'COUNT', count) end
  return redis.call('XRANGE', key, from, far, 'COUNT', count)
end

-- The number to begin beside. An id may be anything, such as a moment: then it is that of the entry next to it.
local function seq_beside()
  if redis.call('XRANGE', key, beside, beside)[1] or tombstone_of(log, beside) then return seq_of(beside) end
  local entry
  if goes_back then entry = redis.call('XRANGE', key, beside, '+', 'COUNT', 1)[1]
  else entry = redis.call('XREVRANGE', key, beside, '-', 'COUNT', 1)[1] end
  return entry and seq_of(entry[1])
end

local near = beside ~= '' and seq_beside()
-- The entry at the floor may be gone, an edit of what was erased: then what is next to it lies below.
if not goes_back and floor and (not near or less(near, seq_of(floor))) then near = seq_of(floor) end
local tombstones
if goes_back then
  tombstones = redis.call('ZREVRANGEBYSCORE', erased_key(log), near and '(' .. near or '+inf', floor and '(' .. seq_of(floor) or '-inf',
    'LIMIT', 0, want)
else
  tombstones = redis.call('ZRANGEBYSCORE', erased_key(log), near and '(' .. near or '-inf', '+inf', 'LIMIT', 0, want)
end

-- Takes the tombstones that come before `seq` in the direction of reading.
local page, taken = {}, 0
local function take_tombstones(seq)
  while #page < want and taken < #tombstones do
    local at = seq_of(string.match(tombstones[taken + 1], '^%S+'))
    if seq and not (goes_back and less(seq, at)) and not (not goes_back and less(at, seq)) then return end
    taken = taken + 1
    page[#page + 1] = { 'erased', tombstones[taken] }
  end
end

local from = beside ~= '' and '(' .. beside or '+'
local count, is_stepping = want, false
while #page < want do
  local entries = read(from, count)
  local change
  for _, entry in ipairs(entries) do
    change = is_change(entry[2]) and entry or nil
    if change then
      is_stepping = true
    else
      take_tombstones(seq_of(entry[1]))
      if #page < want then page[#page + 1] = entry end
    end
  end
  if #entries < count then break end
  from = '(' .. entries[#entries][1]
  -- Where there are changes, one entry at a time: those that follow one another are passed over.
  count = is_stepping and 1 or want - #page
  if change then
    local last = last_shown(change[1], change[2])
    if not goes_back then
      from = '(' .. (kept(log, seq_of(last), 'run') or change[1])
    elseif last == '0-0' then
      break
    else
      from = last
      take_tombstones(seq_of(last))
    end
  end
end
take_tombstones()
return shown(log, reader, page)
