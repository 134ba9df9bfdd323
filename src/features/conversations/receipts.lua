#!lua flags=no-writes
-- Who has let the others of a conversation know how far they have read it. Two people, one of whom has blocked the other, learn
-- nothing of each other, not even what was known before.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, rc:<log>, and gi:<gid>, gm:<gid> in a group, bl:<uid>, bl:<peer> in a direct chat
--   ARGV   log, uid, peer ('' in a group)
--   reply  { uid, message id ('' if none is known), uid, … }
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, TOO_MANY_MEMBERS, OFF_IN_CHANNELS, CONVERSATION_NOT_FOUND
-- @include "may_send"
-- @include "reading"
-- @include "signals"
local marks, receipts, members = KEYS[2], KEYS[4], KEYS[6]
local log, uid, peer = ARGV[1], ARGV[2], ARGV[3]

if peer == '' then
  local gid = string.sub(log, 4)
  local refusal = check_member(gid, uid)
  if refusal then return refusal end
  if is_channel(gid) then return refuse('OFF_IN_CHANNELS', gid) end
  if redis.call('SCARD', members) > RECEIPTS_MAX then return refuse('TOO_MANY_MEMBERS', gid) end
elseif redis.call('HEXISTS', marks, log) == 0 then
  return refuse('CONVERSATION_NOT_FOUND', log)
end
local floor = floor_of(uid, log)
local is_blocked = peer ~= '' and check_blocks(uid, peer) ~= nil
local reply = {}
for _, reader in ipairs(listeners(log, uid, peer, members)) do
  local mid = redis.call('HGET', receipts, reader)
  reply[#reply + 1] = reader
  local is_told = mid and not is_below(mid, floor) and (reader == uid or not is_blocked)
  reply[#reply + 1] = is_told and mid or ''
end
return reply
