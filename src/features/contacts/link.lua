-- Adds a person to a user's contacts and tells both, once.
--   KEYS   im:meta, c:<uid>, u:<uid>, u:<peer>, the direct log, rd:<uid>, rd:<peer>, feed
--   ARGV   uid, peer
--   reply  { 'linked' | 'already', linked at ms, refused writes, the first one's reason }
--   refuses  USER_NOT_FOUND
-- @include "direct_events"
-- @include "refusals"
local uid, peer = ARGV[1], ARGV[2]

if redis.call('EXISTS', KEYS[3]) == 0 then return refuse('USER_NOT_FOUND', uid) end
if redis.call('EXISTS', KEYS[4]) == 0 then return refuse('USER_NOT_FOUND', peer) end
local linked_at = redis.call('ZSCORE', KEYS[2], 'user:' .. peer)
if linked_at then return { 'already', linked_at, 0, '' } end

local failed, reason = tell_direct(uid, peer, { action = 'link' }, {})
redis.call('ZADD', KEYS[2], now_ms(), 'user:' .. peer)
return { 'linked', now_ms(), failed, reason }
