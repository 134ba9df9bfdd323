-- Adds a person to a user's contacts and tells both, once.
--   KEYS  c:<uid>
--   ARGV  uid, peer
--   reply { 'linked' | 'already', linked at ms, inboxes that refused, the first one's reason }
--         { refusal, subject }: user_not_found
local uid, peer = ARGV[1], ARGV[2]

if redis.call('EXISTS', user_key(uid)) == 0 then return { 'user_not_found', uid } end
if redis.call('EXISTS', user_key(peer)) == 0 then return { 'user_not_found', peer } end
local linked_at = redis.call('ZSCORE', KEYS[1], 'user:' .. peer)
if linked_at then return { 'already', linked_at, 0, '' } end

local now = now_ms()
redis.call('ZADD', KEYS[1], now, 'user:' .. peer)
local _, failed, reason = tell_direct(uid, peer, 'link', {})
return { 'linked', now, failed, reason }
