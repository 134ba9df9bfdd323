-- Refuses a request to join, or withdraws one's own. The one who asked is told of a refusal, unless it
-- and the owner have blocked each other. Without a request it changes nothing.
--   KEYS   im:meta, gi:<gid>, gr:<gid>, gq:<gid>, rq:<uid>, feed, journal
--   ARGV   gid, uid, actor ('' = the server)
--   reply  { 'refused' | 'already', refused writes, the first one's reason }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN
-- @include "direct_events"
-- @include "group"
-- @include "journal"
-- @include "may_send"
-- @include "roles"
local requests, requested = KEYS[4], KEYS[5]
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master = redis.call('HGET', KEYS[2], 'master')
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = actor ~= uid and check('approve', gid, actor, master)
if refusal then return refusal end
if not redis.call('ZSCORE', requests, uid) then return { 'already', 0, '' } end

local failed, reason = 0, ''
if actor ~= uid and not check_blocks(master, uid) then
  failed, reason = tell_direct(master, uid, done_by('refuse', actor, master), { 'group', gid })
end
journal_member_alone('request.removed', gid, uid, actor)
redis.call('ZREM', requests, uid)
redis.call('SREM', requested, gid)
return { 'refused', failed, reason }
