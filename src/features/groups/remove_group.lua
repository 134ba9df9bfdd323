#!lua flags=allow-oom
-- Removes a group and tells its members. The log goes too, so the event travels in the inbox entries themselves. Of a
-- group that is gone nothing is left, not even who may remove it.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gs:<gid>, gq:<gid>, gr:<gid>, gb:<gid>, im:groups, feed, and what is kept beside the
--          log: ms: ch: er: rp: ma: rc:
--   ARGV   gid, actor ('' = the server)
--   reply  { 'removed' | 'already', refused writes, the first one's reason }
--   refuses  NOT_OWNER
-- @include "group"
-- @include "marks"
-- @include "roles"
local info, members, log, requests, bans = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7]
local gid, actor = ARGV[1], ARGV[2]

local master = redis.call('HGET', info, 'master')
if not master then return { 'already', 0, '' } end
local refusal = check('delete', gid, actor, master)
if refusal then return refusal end
local told = redis.call('SMEMBERS', members)
local message = next_entry('gs:' .. gid, master, { action = 'delete' }, {})

for _, uid in ipairs(redis.call('ZRANGE', requests, 0, -1)) do redis.call('SREM', requested_key(uid), gid) end
for _, uid in ipairs(redis.call('ZRANGE', bans, 0, -1)) do redis.call('SREM', sanctions_key(uid), gid) end
for _, uid in ipairs(redis.call('HKEYS', KEYS[6])) do redis.call('SREM', sanctions_key(uid), gid) end
redis.call('UNLINK', info, members, log, requests, KEYS[6], bans, unpack(KEYS, 10))
redis.call('ZREM', KEYS[8], gid)
for _, uid in ipairs(told) do
  forget_conversation(uid, message.log)
  redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
  redis.call('HDEL', removed_user_key(uid), message.log)
end
return { 'removed', fan_out(message.log, message.id, message.entry, told, message.entry) }
