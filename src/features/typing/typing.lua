-- Tells the others of a conversation that somebody is typing, at most every so often.
--   KEYS   im:meta, ty:<log>:<uid>, signals, and u:<uid>, u:<peer>, bl:<uid>, bl:<peer>, c:<peer> in a direct chat,
--          gi:<gid>, gm:<gid>, gr:<gid> in a group
--   ARGV   log, uid, peer ('' in a group), for how long nobody is told again (ms), for how long it holds (ms)
--   reply  { 'told' | 'repeated' }
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, CONTACTS_ONLY, GROUP_NOT_FOUND, NOT_MEMBER, SILENCED,
--            POSTING_RESTRICTED, TOO_MANY_MEMBERS, OFF_IN_CHANNELS: who may not send may not type
-- @include "audience"
-- @include "clock"
-- @include "signals"
local limit = KEYS[2]
local log, uid, peer, pause_ms, holds_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local recipients, refusal, _, in_channel = audience(log, uid, peer)
if refusal then return refusal end
if in_channel then return refuse('OFF_IN_CHANNELS', string.sub(log, 4)) end
if #recipients > RECEIPTS_MAX then return refuse('TOO_MANY_MEMBERS', string.sub(log, 4)) end

if not redis.call('SET', limit, '1', 'NX', 'PX', pause_ms) then return { 'repeated' } end
local others = {}
for _, one in ipairs(recipients) do
  if one ~= uid then others[#others + 1] = one end
end
signal('typing', log, others, { 'uid', uid, 'until', string.format('%.0f', tonumber(now_ms()) + holds_ms) })
return { 'told' }
