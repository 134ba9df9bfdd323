#!lua flags=allow-oom
-- Revokes all tokens of a user that were issued up to now.
--   KEYS   im:meta, u:<uid>, im:revoked, feed
--   ARGV   uid
--   reply  { 'revoked' }
--   refuses  USER_NOT_FOUND
-- @include "refusals"
-- @include "revocation"
local uid = ARGV[1]

if redis.call('EXISTS', KEYS[2]) == 0 then return refuse('USER_NOT_FOUND', uid) end
revoke_tokens(uid, 'token_revoked')
return { 'revoked' }
