#!lua flags=no-writes
-- Who has let the others of a conversation know how far they have read it.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, rc:<log>, in a group also gi:<gid>, gm:<gid>
--   ARGV   log, uid, peer ('' in a group)
--   reply  { uid, message id ('' if none is known), uid, … }
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, TOO_MANY_MEMBERS, CONVERSATION_NOT_FOUND
-- @include "reading"
-- @include "signals"
local marks, receipts, members = KEYS[2], KEYS[4], KEYS[6]
local log, uid, peer = ARGV[1], ARGV[2], ARGV[3]

if peer == '' then
  local gid = string.sub(log, 4)
  local refusal = check_member(gid, uid)
  if refusal then return refusal end
  if redis.call('SCARD', members) > RECEIPTS_MAX then return refuse('TOO_MANY_MEMBERS', gid) end
elseif redis.call('HEXISTS', marks, log) == 0 then
  return refuse('CONVERSATION_NOT_FOUND', log)
end
local floor = floor_of(uid, log)
local reply = {}
for _, reader in ipairs(listeners(uid, peer, members)) do
  local mid = redis.call('HGET', receipts, reader)
  reply[#reply + 1] = reader
  reply[#reply + 1] = mid and not is_below(mid, floor) and mid or ''
end
return reply
