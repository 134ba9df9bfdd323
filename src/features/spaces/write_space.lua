-- Writes what is set up for a space, if it still is what the caller has read, and tells the nodes.
--   KEYS   im:meta, im:spaces, im:space-names, im:issuers, feed
--   ARGV   name, what the caller has read ('' = there is none), what it is to be ('' = none), the issuer that its tokens
--          had, and the one that they are to have ('' = none)
--   reply  'written' | 'changed' (somebody else was faster)
--   refuses  ISSUER_TAKEN (the space that has it)
-- @include "fan_out"
-- @include "refusals"
local spaces, names, issuers = KEYS[2], KEYS[3], KEYS[4]
local name, before, after, issuer_before, issuer_after = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

if (redis.call('HGET', spaces, name) or '') ~= before then return 'changed' end
if issuer_after ~= '' then
  local other = redis.call('HGET', issuers, issuer_after)
  if other and other ~= name then return refuse('ISSUER_TAKEN', other) end
end
if issuer_before ~= '' then redis.call('HDEL', issuers, issuer_before) end
if issuer_after ~= '' then redis.call('HSET', issuers, issuer_after, name) end
if after == '' then
  redis.call('HDEL', spaces, name)
  redis.call('ZREM', names, name)
else
  redis.call('HSET', spaces, name, after)
  redis.call('ZADD', names, 0, name)
end
tell_nodes(epoch(), 'spaces', name)
return 'written'
