#!lua flags=allow-oom
-- Moves a user's read mark of a conversation forward, never back; and, where the others are told, how far they are.
--   KEYS   im:meta, rd:<uid>, the log, fl:<uid>, rc:<log>, signals, in a group also gm:<gid>
--   ARGV   log, message id read up to, uid, peer ('' in a group), 1 if the others are told, else 0
--   reply  { n of the mark, message id of the mark, newest entry ({ id, flat }) }
--   refuses  CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "order"
-- @include "refusals"
-- @include "signals"
local marks, log_key, floors, receipts, members = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7]
local log, up_to, uid, peer, is_told = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'

local mark = redis.call('HGET', marks, log)
if not mark then return refuse('CONVERSATION_NOT_FOUND', log) end
local entry = redis.call('XRANGE', log_key, up_to, up_to)[1]
local floor = redis.call('HGET', floors, log)
if not entry or (floor and not id_less(floor, up_to)) then return refuse('MESSAGE_NOT_FOUND', up_to) end
local n, mid = string.match(mark, '^(%d+) (%d+%-%d+)$')

local moves = id_less(mid, up_to)
if moves then
  n, mid = entry[2][4], up_to
  redis.call('HSET', marks, log, n .. ' ' .. mid)
end
local told = moves and { uid } or {}
local receipt = is_told and redis.call('HGET', receipts, uid)
if is_told and (not receipt or id_less(receipt, up_to)) then
  local all = listeners(uid, peer, members)
  if #all > 1 then redis.call('HSET', receipts, uid, up_to) end
  -- One's own devices are not told of less than they know.
  for _, one in ipairs(all) do
    if one ~= uid then told[#told + 1] = one end
  end
end
signal('read', log, told, { 'uid', uid, 'upTo', up_to })
return { n, mid, redis.call('XREVRANGE', log_key, '+', '-', 'COUNT', 1)[1] }
