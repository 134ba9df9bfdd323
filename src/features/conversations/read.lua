#!lua flags=allow-oom
-- Moves a user's read mark of a conversation forward, never back; and, where the others are told, how far they are.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, the log, ms:<log>, er:<log>, ma:<log>, rc:<log>, signals, and
--          gm:<gid>, gi:<gid> in a group, bl:<uid>, bl:<peer> in a direct chat
--   ARGV   uid, log, message id read up to, peer ('' in a group), 1 if the others are told, else 0
--   reply  what `summary_of` of src/redis/lua/summary.lua returns
--   refuses  CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "listing"
-- @include "may_send"
-- @include "mentions"
-- @include "own_settings"
-- @include "reading"
-- @include "signals"
-- @include "summary"
local marks, receipts, members = KEYS[2], KEYS[10], KEYS[12]
local uid, log, up_to, peer, is_told = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'

local mark = redis.call('HGET', marks, log)
if not mark then return refuse('CONVERSATION_NOT_FOUND', log) end
if is_below(up_to, floor_of(uid, log)) then return refuse('MESSAGE_NOT_FOUND', up_to) end
local entry = redis.call('XRANGE', KEYS[6], up_to, up_to)[1]
-- What was erased can have been the last that somebody read.
local n = entry and entry[2][4] or string.match(tombstone_of(log, up_to) or '', '^%S+ (%d+)')
if not n then return refuse('MESSAGE_NOT_FOUND', up_to) end
if not has_listed(uid, log) then return refuse('CONVERSATION_NOT_FOUND', log) end

local moves = id_less(string.match(mark, '%S+$'), up_to)
if moves then
  redis.call('HSET', marks, log, n .. ' ' .. up_to)
  read_mentions(uid, log, up_to)
end
local settings = own_settings(uid, log)
if settings.markedUnread then
  settings.markedUnread = nil
  write_own_settings(uid, log, settings)
end
-- Two people, one of whom has blocked the other, don't learn what the other reads.
if is_told and peer ~= '' and check_blocks(uid, peer) then is_told = false end
local told = moves and { uid } or {}
local receipt = is_told and redis.call('HGET', receipts, uid)
if is_told and (not receipt or id_less(receipt, up_to)) then
  local all = listeners(log, uid, peer, members)
  if #all > 1 then redis.call('HSET', receipts, uid, up_to) end
  -- One's own devices are not told of less than they know.
  for _, one in ipairs(all) do
    if one ~= uid then told[#told + 1] = one end
  end
end
signal('read', log, told, { 'uid', uid, 'upTo', up_to })
return summary_of(uid, log, true)
