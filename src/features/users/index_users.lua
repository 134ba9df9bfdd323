-- Takes users into the list of all, which those that were made before there was one are not in.
-- Nodes of an older version make users that are not in it: while there may be some, it is not taken for whole.
--   KEYS   im:meta, im:users, u:<uid> …
--   ARGV   'more' | 'last', uid …
--   reply  { 'indexed' }
-- @include "level"
for i = 2, #ARGV do
  -- It may have been removed meanwhile, or be no user.
  if redis.pcall('HEXISTS', KEYS[i + 1], 'createdAt') == 1 then redis.call('ZADD', KEYS[2], 0, ARGV[i]) end
end
if ARGV[1] == 'last' and not needs_level(LEVEL_OF_BLOCKS) then redis.call('HSET', KEYS[1], 'usersIndexed', 1) end
return { 'indexed' }
