-- Ends the removal of a user who is in no group any more. What stays is where a new user of this name starts: the
-- newest message of each direct chat, below which it reads nothing, and the end of the inbox.
--   KEYS   im:meta, c:<uid>, s:<uid>, rd:<uid>, fl:<uid>, rq:<uid>, sn:<uid>, ru:<uid>, im:removals, mn:<uid>, cs:<uid>,
--          bl:<uid>, bb:<uid>, pr:<uid>, lf:<uid>, re:<uid>, im:channel-removals, im:unfinished,
--          fp:<uid>, im:files, dv:<uid>, im:devices, im:push-addresses
--   ARGV   uid
--   reply  { 'finished' } | { 'unfinished' } where it still is in a group, or has messages to be erased
-- @include "devices"
-- @include "epoch"
-- @include "log"
-- @include "streams"
-- @include "unfinished"
local contacts, inbox, marks, floors, requested, sanctions, removed_user, removals =
  KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local blocks, blocked_by = KEYS[12], KEYS[13]
local uid = ARGV[1]

if redis.call('SISMEMBER', removals, uid) == 0 then return { 'finished' } end
for _, done_to in ipairs(redis.call('HVALS', KEYS[16])) do
  if done_to ~= '' then return { 'unfinished' } end
end
local logs = redis.call('HKEYS', marks)
for _, log in ipairs(logs) do
  if string.sub(log, 1, 3) == 'gs:' then return { 'unfinished' } end
end

-- Where a new user of this name joins a group it is noted anew what is a former one's.
for _, log in ipairs(redis.call('HKEYS', removed_user)) do
  if string.sub(log, 1, 3) == 'gs:' then redis.call('HDEL', removed_user, log) end
end
for _, log in ipairs(logs) do
  local id = newest(log_key(log))
  redis.call('HSET', floors, log, id)
  redis.call('HSET', removed_user, log, id)
  redis.call('HDEL', receipts_key(log), uid)
end
for _, gid in ipairs(redis.call('SMEMBERS', requested)) do redis.call('ZREM', requests_key(gid), uid) end
for _, peer in ipairs(redis.call('ZRANGE', blocks, 0, -1)) do redis.call('SREM', blocked_by_key(peer), uid) end
for _, peer in ipairs(redis.call('SMEMBERS', blocked_by)) do redis.call('ZREM', blocks_key(peer), uid) end
for _, gid in ipairs(redis.call('SMEMBERS', sanctions)) do
  redis.call('ZREM', bans_key(gid), uid)
  redis.call('HDEL', roles_key(gid), uid)
end
-- What it has uploaded and not sent is nobody's any more.
for _, id in ipairs(redis.call('HKEYS', KEYS[19])) do
  if redis.call('EXISTS', file_key(id)) == 1 then
    redis.call('HSET', file_key(id), 'unusedSince', '0')
    redis.call('ZADD', KEYS[20], 0, id)
  end
end
for _, device in ipairs(redis.call('HKEYS', KEYS[21])) do forget_device(uid, device) end
redis.call('HSET', removed_user, 'inboxEnded', last_generated(inbox) or epoch() .. '-0')
redis.call('UNLINK', contacts, inbox, marks, requested, sanctions, KEYS[19], unpack(KEYS, 10, 16))
redis.call('SREM', removals, uid)
end_unfinished(removals, KEYS[17])
return { 'finished' }
