-- Notes what a file is that has come: from now on it can be sent and read.
--   KEYS   im:meta, u:<uid>, ru:<uid>, fi:<file>, fp:<uid>
--   ARGV   uid, file, bytes, type, width, height (0 if it has none)
--   reply  'finished'
--   refuses  USER_NOT_FOUND (it was removed meanwhile, or the file was not known any more)
-- @include "files"
local uid, id = ARGV[1], ARGV[2]

local owner, incarnation = unpack(redis.call('HMGET', KEYS[4], 'owner', 'incarnation'))
if not owner or redis.call('EXISTS', KEYS[2]) == 0 or not is_uploader(uid, owner, incarnation) then
  return refuse('USER_NOT_FOUND', uid)
end
redis.call('HSET', KEYS[4], 'size', ARGV[3], 'type', ARGV[4])
if ARGV[5] ~= '0' then redis.call('HSET', KEYS[4], 'width', ARGV[5], 'height', ARGV[6]) end
redis.call('HSET', KEYS[5], id, ARGV[3])
return 'finished'
