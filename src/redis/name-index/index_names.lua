-- Takes names into the list of all of their kind, which those that were made before there was one are not in. Nodes of an
-- older version make some that are not in it: while they may, it is not taken for whole.
--   KEYS   im:meta, the list, then the hash of each name
--   ARGV   'more' | 'last', the field of im:meta that says that the list is whole, a field that each hash has, name …
--   reply  { 'indexed' }
-- @include "level"
local list, is_last, whole, proof = KEYS[2], ARGV[1] == 'last', ARGV[2], ARGV[3]
for i = 4, #ARGV do
  -- It may have been removed meanwhile, or be nothing of the kind.
  if redis.pcall('HEXISTS', KEYS[i - 1], proof) == 1 then redis.call('ZADD', list, 0, ARGV[i]) end
end
if is_last and not needs_level(LEVEL_OF_LISTS) then redis.call('HSET', META_KEY, whole, 1) end
return { 'indexed' }
