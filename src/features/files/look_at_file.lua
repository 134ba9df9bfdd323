#!lua flags=allow-oom
-- Compares what is noted of a file with what the logs still hold: messages that retention has taken, or that went with their
-- group, carry nothing any more. A file that no message has carried for a day is forgotten, and its bytes are to be removed.
--   KEYS   im:meta, fi:<file>, fm:<file>, im:files, im:file-removals
--   ARGV   file, the time, ms
--   reply  'kept' | 'unused' | 'collected', or 'again' if there is more to be looked at
-- @include "files"
local id, now = ARGV[1], ARGV[2]
local MESSAGES_AT_ONCE = 200

local refs = redis.call('ZRANGE', KEYS[3], 0, MESSAGES_AT_ONCE - 1)
for _, ref in ipairs(refs) do
  local log, mid = string.match(ref, '^(%S+) (%S+)$')
  if log and redis.call('XRANGE', log_key(log), mid, mid)[1] then
    redis.call('ZADD', KEYS[4], next_look(now), id)
    return 'kept'
  end
  redis.call('ZREM', KEYS[3], ref)
end
if #refs == MESSAGES_AT_ONCE then return 'again' end

local owner, since = unpack(redis.call('HMGET', KEYS[2], 'owner', 'unusedSince'))
if owner and not since then
  set_unused(id, now)
  return 'unused'
end
if owner and less(now, next_look(since)) then
  redis.call('ZADD', KEYS[4], next_look(since), id)
  return 'unused'
end
if owner then redis.call('HDEL', pending_files_key(owner), id) end
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[4], id)
redis.call('SADD', KEYS[5], id)
return 'collected'
