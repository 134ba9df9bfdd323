-- Adds a person to a user's contacts and tells both, once.
--   KEYS   im:meta, c:<uid>, u:<uid>, u:<peer>, the direct log, rd:<uid>, rd:<peer>, feed, bl:<uid>, bl:<peer>, c:<peer>
--   ARGV   uid, peer
--   reply  { 'linked' | 'already', linked at ms, refused writes, the first one's reason }
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK
-- @include "direct_events"
-- @include "may_send"
-- @include "refusals"
local uid, peer = ARGV[1], ARGV[2]

if redis.call('EXISTS', KEYS[3]) == 0 then return refuse('USER_NOT_FOUND', uid) end
if redis.call('EXISTS', KEYS[4]) == 0 then return refuse('USER_NOT_FOUND', peer) end
local linked_at = redis.call('ZSCORE', KEYS[2], 'user:' .. peer)
if linked_at then return { 'already', linked_at, 0, '' } end

local refusal = check_blocks(uid, peer)
if refusal then return refusal end

local failed, reason = 0, ''
-- Who takes messages of contacts alone is asked by a link, and asked once.
if takes_messages(peer, uid) or redis.call('EXISTS', KEYS[5]) == 0 then
  failed, reason = tell_direct(uid, peer, { action = 'link' }, {})
end
redis.call('ZADD', KEYS[2], now_ms(), 'user:' .. peer)
return { 'linked', now_ms(), failed, reason }
