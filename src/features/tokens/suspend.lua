#!lua flags=allow-oom
-- Suspends a user: no token of it is taken until the suspension is lifted.
--   KEYS   im:meta, u:<uid>, im:revoked, im:suspended, feed, journal
--   ARGV   uid
--   reply  { 'suspended' | 'already', since, ms }
--   refuses  USER_NOT_FOUND
-- @include "journal"
-- @include "refusals"
-- @include "revocation"
local suspended = KEYS[4]
local uid = ARGV[1]

if redis.call('EXISTS', KEYS[2]) == 0 then return refuse('USER_NOT_FOUND', uid) end
local since = redis.call('ZSCORE', suspended, uid)
if since then return { 'already', since } end
redis.call('ZADD', suspended, now_ms(), uid)
journal('user.suspended', 'uid', uid)
revoke_tokens(uid, 'suspended')
return { 'suspended', now_ms() }
