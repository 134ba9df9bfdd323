-- Where a reader of an inbox stands, and what it has missed: the mirror of src/features/inbox/inbox.ts.
-- @include "stream_ids"

-- Before the first id of all.
local OLDEST = '0-0'

-- Everything after a position, as the start of XRANGE, which refuses `(` in front of the last id of all.
local function range_after(id) return id == MAX_64 .. '-' .. MAX_64 and '+' or '(' .. id end

-- The newest position, of the newest id that an inbox ever had ('' if none) and the epoch: without an entry of the epoch
-- it is directly before the first one.
local function position_of(epoch, newest)
  local start = predecessor(epoch .. '-0')
  return newest ~= '' and id_less(start, newest) and newest or start
end

-- How many entries of one epoch lie between two positions; nil if they are not of one epoch, in this order.
local function distance(from, to)
  local ms, seq = split_id(successor(to))
  if seq ~= '0' then ms = split_id(to) end
  local before = predecessor(ms .. '-0')
  local function number(id)
    if id == before then return -1 end
    local _, n = split_id(id)
    return tonumber(n)
  end
  local count = number(to) - number(from)
  local is_of_one = split_id(from) == ms or number(from) == -1
  return is_of_one and count > 0 and count or nil
end

-- What a reader who asked for what follows one position, and goes on after another, is told.
local function gap_between(requested, resumed)
  local lost = distance(requested, resumed)
  local gap = { 'reason', lost and 'trimmed' or 'reset', 'requested', requested, 'resumed', resumed }
  if lost then gap[7], gap[8] = 'lost', string.format('%.0f', lost) end
  return gap
end
