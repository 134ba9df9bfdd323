-- Prepares the database, once for all nodes, leaves the settings for functions, and tells what it finds there.
--   KEYS   im:meta, signals
--   ARGV   schema version
--   reply  epoch
--   refuses  SCHEMA_MISMATCH (the schema found)
-- @include "epoch"
-- @include "refusals"
-- @include "settings"
-- @include "signals"
local schema = ARGV[1]

local found = redis.call('HGET', META_KEY, 'schema')
if found and found ~= schema then return refuse('SCHEMA_MISMATCH', found) end
-- Where there is nothing yet, no group and no user can be missing from the lists of all.
if not found then redis.call('HSET', META_KEY, 'groupsIndexed', 1, 'usersIndexed', 1) end
redis.call('HSETNX', META_KEY, 'schema', schema)
redis.call('HSETNX', META_KEY, 'writerLevel', KNOWN_LEVEL)
write_settings()
prepare_signals()
return epoch()
