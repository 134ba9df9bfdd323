#!lua flags=allow-oom
-- Removes a group and tells its members. The log goes too, so the event travels in the inbox entries themselves. Of a
-- group that is gone nothing is left, not even who may remove it. The members of a channel may be many: what is left to be done
-- for each of them is put aside, for free_channel.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gs:<gid>, gq:<gid>, gr:<gid>, gb:<gid>, im:groups, feed, journal, and what is kept beside the
--          log: ms: ch: er: rp: ma: rc:, then im:channel-removals, im:unfinished
--   ARGV   gid, actor ('' = the server)
--   reply  { 'removed' | 'already', refused writes, the first one's reason, what free_channel is given ('' if there is nothing) }
--   refuses  NOT_OWNER
-- @include "group"
-- @include "journal"
-- @include "marks"
-- @include "roles"
-- @include "unfinished"
local info, members, log, requests, bans = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7]
local gid, actor = ARGV[1], ARGV[2]

local master, kind, incarnation = unpack(redis.call('HMGET', info, 'master', 'kind', 'incarnation'))
if not master then return { 'already', 0, '', '' } end
local refusal = check('delete', gid, actor, master)
if refusal then return refusal end
local message = next_entry('gs:' .. gid, master, { action = 'delete' }, {})
local in_channel = kind == 'channel'
local told = in_channel and {} or redis.call('SMEMBERS', members)

journal('group.removed', 'gid', gid, 'owner', master, 'by', actor)
redis.call('ZREM', KEYS[8], gid)
redis.call('UNLINK', info, log, unpack(KEYS, 11, #KEYS - 2))
if in_channel then
  for part, key in pairs({ gm = members, gr = KEYS[6], gb = bans, gq = requests }) do
    if redis.call('EXISTS', key) == 1 then redis.call('RENAME', key, removed_channel_key(part, incarnation)) end
  end
  redis.call('HSET', KEYS[#KEYS - 1], incarnation, gid .. ' ' .. master)
  begin_unfinished()
else
  for _, uid in ipairs(redis.call('ZRANGE', requests, 0, -1)) do redis.call('SREM', requested_key(uid), gid) end
  for _, uid in ipairs(redis.call('ZRANGE', bans, 0, -1)) do redis.call('SREM', sanctions_key(uid), gid) end
  for _, uid in ipairs(redis.call('HKEYS', KEYS[6])) do redis.call('SREM', sanctions_key(uid), gid) end
  redis.call('UNLINK', members, requests, KEYS[6], bans)
  for _, uid in ipairs(told) do
    forget_conversation(uid, message.log)
    redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
    redis.call('HDEL', removed_user_key(uid), message.log)
  end
end
local failed, reason = fan_out(message.log, message.id, message.entry, told, message.entry)
return { 'removed', failed, reason, in_channel and incarnation or '' }
