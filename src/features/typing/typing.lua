-- Tells the others of a conversation that somebody is typing, at most every so often.
--   KEYS   im:meta, ty:<log>:<uid>, signals, and u:<uid>, u:<peer> in a direct chat, gi:<gid>, gm:<gid>, gr:<gid> in a group
--   ARGV   log, uid, peer ('' in a group), for how long nobody is told again (ms), for how long it holds (ms)
--   reply  { 'told' | 'repeated' }
--   refuses  USER_NOT_FOUND, GROUP_NOT_FOUND, NOT_MEMBER, SILENCED, POSTING_RESTRICTED, TOO_MANY_MEMBERS: who may not send may
--            not type
-- @include "clock"
-- @include "may_send"
-- @include "refusals"
-- @include "signals"
local limit = KEYS[2]
local log, uid, peer, pause_ms, holds_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

if peer ~= '' then
  if redis.call('EXISTS', KEYS[4]) == 0 then return refuse('USER_NOT_FOUND', uid) end
  if redis.call('EXISTS', KEYS[5]) == 0 then return refuse('USER_NOT_FOUND', peer) end
else
  local gid = string.sub(log, 4)
  local group = redis.call('HMGET', KEYS[4], 'master', 'postPolicy')
  if not group[1] then return refuse('GROUP_NOT_FOUND', gid) end
  if redis.call('SISMEMBER', KEYS[5], uid) == 0 then return refuse('NOT_MEMBER', gid) end
  local refusal = may_send_group(gid, uid, group[1], group[2])
  if refusal then return refusal end
  if redis.call('SCARD', KEYS[5]) > RECEIPTS_MAX then return refuse('TOO_MANY_MEMBERS', gid) end
end

if not redis.call('SET', limit, '1', 'NX', 'PX', pause_ms) then return { 'repeated' } end
local others = {}
for _, one in ipairs(listeners(uid, peer, KEYS[5])) do
  if one ~= uid then others[#others + 1] = one end
end
signal('typing', log, others, { 'uid', uid, 'until', string.format('%.0f', tonumber(now_ms()) + holds_ms) })
return { 'told' }
