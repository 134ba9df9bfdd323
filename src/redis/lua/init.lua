-- Prepares the database, once for all nodes, and tells what it finds there.
--   KEYS  im:meta
--   ARGV  schema version
--   reply { 'ok', epoch } | { 'schema_mismatch', schema found }
local schema = ARGV[1]

local found = redis.call('HGET', KEYS[1], 'schema')
if found and found ~= schema then return { 'schema_mismatch', found } end
if not found then redis.call('HSET', KEYS[1], 'schema', schema) end
return { 'ok', epoch() }
