#!lua flags=allow-oom
-- Removes a user who is in no group any more: fields, contacts, inbox and read marks.
--   KEYS  u:<uid>, c:<uid>, s:<uid>, rd:<uid>
--   ARGV  uid
--   reply { 'removed' } | { 'still_member', gid } | { 'user_not_found', uid }
local uid = ARGV[1]

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'user_not_found', uid } end
for _, log in ipairs(redis.call('HKEYS', KEYS[4])) do
  if string.sub(log, 1, 3) == 'gs:' then return { 'still_member', string.sub(log, 4) } end
end

redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return { 'removed' }
