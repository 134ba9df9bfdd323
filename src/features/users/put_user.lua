-- Creates, replaces or merges a user; 'create' leaves one that exists as it is.
--   KEYS   im:meta, u:<uid>, ru:<uid>, s:<uid>, im:removals, ua:<uid>, im:users, feed, journal
--   ARGV   uid, 'create' | 'replace' | 'merge', directPolicy ('' = unchanged),
--          how many words the change of the attributes has (0 = none), it, and the change of the fields; each of these is
--          the number of pairs, name, value, …, names to remove …
--   reply  { 'created' | 'changed', createdAt ms, fields (flat), directPolicy, attributes (flat) } | { 'exists' } (create)
--   refuses  USER_NOT_FOUND (merge), REMOVAL_UNFINISHED, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE,
--            UPDATE_PENDING, SPACE_FULL
-- @include "epoch"
-- @include "change_fields"
-- @include "journal"
-- @include "level"
local user, removed_user, inbox, attributes = KEYS[2], KEYS[3], KEYS[4], KEYS[6]
local uid, mode, direct_policy, of_attributes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local OWN = { createdAt = true, directPolicy = true }

local exists = redis.call('EXISTS', user) == 1
if mode == 'create' and exists then return { 'exists' } end
if mode == 'merge' and not exists then return refuse('USER_NOT_FOUND', uid) end
if not exists and redis.call('SISMEMBER', KEYS[5], uid) == 1 then return refuse('REMOVAL_UNFINISHED', uid) end
local max_users = SPACE and not exists and redis.call('HGET', META_KEY, 'maxUsers')
if max_users and redis.call('ZCARD', KEYS[7]) >= tonumber(max_users) then return refuse('SPACE_FULL', max_users) end
local change, refusal = change_fields(user, OWN, mode == 'replace', ARGV, 5 + of_attributes)
if refusal then return refusal end
local given = of_attributes > 0 and { unpack(ARGV, 5, 4 + of_attributes) } or { '0' }
local of_server
of_server, refusal = change_fields(attributes, {}, mode == 'replace' and of_attributes > 0, given, 1)
if refusal then return refusal end

if direct_policy == 'contacts' then refusal = needs_level(LEVEL_OF_BLOCKS) end
if refusal then return refusal end

local created_at, policy = unpack(redis.call('HMGET', user, 'createdAt', 'directPolicy'))
if not created_at then
  created_at = now_ms()
  redis.call('HSET', user, 'createdAt', created_at)
  redis.call('ZADD', KEYS[7], 0, uid)
  -- The inbox goes on where that of the former user of this name ended, after a hole of one: whoever still follows the
  -- former one's has to look, and learns that the user was removed.
  local ended = redis.call('HGET', removed_user, 'inboxEnded')
  if ended then
    local ms, seq = split_id(ended)
    redis.call('XADD', inbox, ms .. '-' .. plus_one(seq), 'FW', '')
    redis.call('XTRIM', inbox, 'MAXLEN', 0)
  end
end
local has_other_policy = direct_policy ~= '' and direct_policy ~= (policy or 'anyone')
if direct_policy ~= '' and direct_policy ~= policy then
  policy = direct_policy
  redis.call('HSET', user, 'directPolicy', policy)
end
write_fields(user, change)
write_fields(attributes, of_server)
if not exists then journal_alone('user.created', 'uid', uid)
elseif has_other_policy or change.changes or of_server.changes then journal_alone('user.updated', 'uid', uid) end
return { exists and 'changed' or 'created', created_at, change.fields, policy or 'anyone', of_server.fields }
