-- Creates, replaces or merges a user; 'create' leaves one that exists as it is.
--   KEYS   im:meta, u:<uid>, ru:<uid>, s:<uid>, im:removals
--   ARGV   uid, 'create' | 'replace' | 'merge', number of pairs, field, value, …, names to remove …
--   reply  { 'created' | 'changed', createdAt ms, fields (flat) } | { 'exists' } (create)
--   refuses  USER_NOT_FOUND (merge), REMOVAL_UNFINISHED, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "epoch"
-- @include "change_fields"
local user, removed_user, inbox = KEYS[2], KEYS[3], KEYS[4]
local uid, mode = ARGV[1], ARGV[2]
local OWN = { createdAt = true }

local exists = redis.call('EXISTS', user) == 1
if mode == 'create' and exists then return { 'exists' } end
if mode == 'merge' and not exists then return refuse('USER_NOT_FOUND', uid) end
if not exists and redis.call('SISMEMBER', KEYS[5], uid) == 1 then return refuse('REMOVAL_UNFINISHED', uid) end
local change, refusal = change_fields(user, OWN, mode == 'replace', ARGV, 3)
if refusal then return refusal end

local created_at = redis.call('HGET', user, 'createdAt')
if not created_at then
  created_at = now_ms()
  redis.call('HSET', user, 'createdAt', created_at)
  -- The inbox goes on where that of the former user of this name ended, after a hole of one: whoever still follows the
  -- former one's has to look, and learns that the user was removed.
  local ended = redis.call('HGET', removed_user, 'inboxEnded')
  if ended then
    local ms, seq = split_id(ended)
    redis.call('XADD', inbox, ms .. '-' .. plus_one(seq), 'FW', '')
    redis.call('XTRIM', inbox, 'MAXLEN', 0)
  end
end
write_fields(user, change)
return { exists and 'changed' or 'created', created_at, change.fields }
