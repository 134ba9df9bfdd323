-- Notes a file that is about to come, before its first byte: whatever happens then, the janitor finds it.
--   KEYS   im:meta, u:<uid>, ru:<uid>, fi:<file>, fp:<uid>, im:files
--   ARGV   uid, file, how many bytes it may have at most, how many bytes of files the user may have that no message carries,
--          how many such files
--   reply  'begun'
--   refuses  USER_NOT_FOUND, TOO_MANY_PENDING_FILES (bytes)
-- @include "files"
local uid, id, bytes, bytes_allowed, files_allowed = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

if redis.call('EXISTS', KEYS[2]) == 0 then return refuse('USER_NOT_FOUND', uid) end
local sizes, pending = redis.call('HVALS', KEYS[5]), 0
for _, size in ipairs(sizes) do pending = pending + tonumber(size) end
if pending + bytes > bytes_allowed or #sizes >= files_allowed then
  return refuse('TOO_MANY_PENDING_FILES', string.format('%.0f', pending))
end
redis.call('HSET', KEYS[4], 'owner', uid, 'incarnation', incarnation_of(uid), 'unusedSince', now_ms())
redis.call('HSET', KEYS[5], id, ARGV[3])
redis.call('ZADD', KEYS[6], next_look(now_ms()), id)
return 'begun'
