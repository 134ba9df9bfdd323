-- Takes groups into the list of all, which those that were made before there was one are not in.
-- Nodes of an older version make groups that are not in it: while there may be some, it is not taken for whole.
--   KEYS   im:meta, im:groups, gi:<gid> …
--   ARGV   'more' | 'last', gid …
--   reply  { 'indexed' }
-- @include "level"
for i = 2, #ARGV do
  -- It may have been removed meanwhile, or be no group.
  if redis.pcall('HEXISTS', KEYS[i + 1], 'master') == 1 then redis.call('ZADD', KEYS[2], 0, ARGV[i]) end
end
if ARGV[1] == 'last' and not needs_level(LEVEL_OF_ROLES) then redis.call('HSET', KEYS[1], 'groupsIndexed', 1) end
return { 'indexed' }
