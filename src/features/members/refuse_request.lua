-- Refuses a request to join, or withdraws one's own. The one who asked is told of a refusal.
--   KEYS   im:meta, gi:<gid>, gq:<gid>, rq:<uid>, feed
--   ARGV   gid, uid, actor ('' = the server)
--   reply  { 'refused', refused writes, the first one's reason }
--   refuses  GROUP_NOT_FOUND, NOT_OWNER, REQUEST_NOT_FOUND
-- @include "direct_events"
-- @include "refusals"
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master = redis.call('HGET', KEYS[2], 'master')
if not master then return refuse('GROUP_NOT_FOUND', gid) end
if actor ~= '' and actor ~= master and actor ~= uid then return refuse('NOT_OWNER', gid) end
if not redis.call('ZSCORE', KEYS[3], uid) then return refuse('REQUEST_NOT_FOUND', uid) end

local failed, reason = 0, ''
if actor ~= uid then failed, reason = tell_direct(master, uid, { action = 'refuse' }, { 'group', gid }) end
redis.call('ZREM', KEYS[3], uid)
redis.call('SREM', KEYS[4], gid)
return { 'refused', failed, reason }
