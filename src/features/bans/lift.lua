#!lua flags=allow-oom
-- Lifts a ban; nobody is told. Without a ban it changes nothing.
--   KEYS   im:meta, gi:<gid>, gr:<gid>, gb:<gid>, sn:<uid>, feed, journal
--   ARGV   gid, uid, actor ('' = the server)
--   reply  { 'lifted' }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN
-- @include "journal"
-- @include "roles"
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master = redis.call('HGET', KEYS[2], 'master')
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = check('ban', gid, actor, master)
if refusal then return refusal end
if redis.call('ZREM', KEYS[4], uid) == 1 then journal_member_alone('member.unbanned', gid, uid, actor) end
redis.call('SREM', KEYS[5], gid)
return { 'lifted' }
