-- Creates, replaces or merges a group; hands it over. Members are told of what changed, and of nothing if nothing did.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gs:<gid>, gr:<gid>, im:groups, feed, journal, rc:gs:<gid>, and the owner's u: c: rd: lf: ru: where one is named
--          or comes to be
--   ARGV   gid, 'replace' | 'merge', actor ('' = the server), owner ('' = none given),
--          joinPolicy, postPolicy, historyPolicy, kind ('' = unchanged),
--          number of pairs, field, value, …, names to remove …
--   reply  { 'created' | 'changed', owner, joinPolicy, postPolicy, historyPolicy, kind, createdAt ms, members, fields (flat),
--            refused writes, reason }
--   refuses  GROUP_NOT_FOUND (merge), NOT_ADMIN, NOT_OWNER, USER_NOT_FOUND, MEMBER_NOT_FOUND, OWNER_UNCHANGED,
--            OWNER_NEEDED, OWNER_NOT_SELF, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE, UPDATE_PENDING, CHANNEL_STAYS
-- @include "change_fields"
-- @include "group"
-- @include "journal"
-- @include "level"
-- @include "marks"
-- @include "roles"
local info, members, groups = KEYS[2], KEYS[3], KEYS[6]
local gid, mode, actor, owner = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local FIRST_FIELD = 9
local POLICIES = { 'joinPolicy', 'postPolicy', 'historyPolicy', 'kind' }
-- Of a group that never had them set.
local DEFAULTS = { 'open', 'members', 'all', 'group' }
local OWN = { master = true, joinPolicy = true, postPolicy = true, historyPolicy = true, createdAt = true, incarnation = true, kind = true }

local group = redis.call('HMGET', info, 'master', 'createdAt', unpack(POLICIES))
local master, created_at = group[1], group[2]

-- The policies as they will be, and those of them that change, as names and values.
local policies, new_policies = {}, {}
for i, name in ipairs(POLICIES) do
  local current = group[2 + i] or DEFAULTS[i]
  policies[i] = ARGV[4 + i] ~= '' and ARGV[4 + i] or current
  if policies[i] ~= current then
    new_policies[#new_policies + 1], new_policies[#new_policies + 2] = name, policies[i]
  end
end

local not_yet = (policies[2] ~= DEFAULTS[2] or policies[3] ~= DEFAULTS[3]) and needs_level(LEVEL_OF_ROLES)
  or policies[4] == 'channel' and needs_level(LEVEL_OF_CHANNELS) or nil
local was_channel = group[6] == 'channel'

if not master then
  if mode == 'merge' then return refuse('GROUP_NOT_FOUND', gid) end
  if owner == '' then owner = actor end
  if owner == '' then return refuse('OWNER_NEEDED', gid) end
  if actor ~= '' and actor ~= owner then return refuse('OWNER_NOT_SELF', owner) end
  if not_yet then return not_yet end
  if redis.call('EXISTS', user_key(owner)) == 0 then return refuse('USER_NOT_FOUND', owner) end
  local change, refusal = change_fields(info, OWN, true, ARGV, FIRST_FIELD)
  if refusal then return refusal end

  local failed, reason, message = tell_group(gid, owner, { action = 'create' }, {}, { owner })
  journal('group.created', 'gid', gid, 'owner', owner, 'by', actor)
  -- Tells a group apart from a former one of the same name.
  local incarnation = redis.call('HINCRBY', META_KEY, 'incarnations', 1)
  redis.call('HSET', info, 'master', owner, 'joinPolicy', policies[1], 'createdAt', now_ms(), 'incarnation', incarnation,
    unpack(new_policies))
  write_fields(info, change)
  redis.call('SADD', members, owner)
  redis.call('ZADD', groups, 0, gid)
  redis.call('ZADD', contacts_key(owner), now_ms(), 'group:' .. gid)
  mark_read(owner, message)
  -- Of a former group of that name.
  redis.call('HDEL', left_key(owner), message.log)
  redis.call('HDEL', removed_user_key(owner), message.log)
  return { 'created', owner, policies[1], policies[2], policies[3], policies[4], now_ms(), 1, change.fields, failed, reason }
end

local refusal = owner ~= '' and owner ~= master and check('handOver', gid, actor, master)
  or #new_policies > 0 and check('policies', gid, actor, master)
  or check('edit', gid, actor, master)
  or not_yet
  -- Its members may be so many that no group could have them, and have nothing of it in their inboxes.
  or was_channel and policies[4] ~= 'channel' and refuse('CHANNEL_STAYS', gid) or nil
if refusal then return refusal end
if owner ~= '' and owner ~= master then
  if mode == 'replace' then return refuse('OWNER_UNCHANGED', gid) end
  -- A user who is being removed may still be among the members.
  if redis.call('EXISTS', user_key(owner)) == 0 then return refuse('USER_NOT_FOUND', owner) end
  if redis.call('SISMEMBER', members, owner) == 0 then return refuse('MEMBER_NOT_FOUND', owner) end
else
  owner = master
end
local change
change, refusal = change_fields(info, OWN, mode == 'replace', ARGV, FIRST_FIELD)
if refusal then return refusal end
created_at = created_at or now_ms()

local failed, reason = 0, ''
local is_updated, is_handed_over = change.changes or #new_policies > 0, owner ~= master
if is_updated or is_handed_over then
  local told = told_of(gid, was_channel, owner ~= master and { master, owner } or {})
  local teller = actor ~= '' and actor or master
  if is_updated then failed, reason = tell_group(gid, teller, { action = 'update' }, {}, told) end
  if is_handed_over then failed, reason = tell_group(gid, master, { action = 'owner' }, { 'owner', owner }, told) end
  journal('group.updated', 'gid', gid, 'owner', owner, 'by', actor)
  redis.call('HSET', info, 'master', owner, 'createdAt', created_at, unpack(new_policies))
  if is_handed_over then redis.call('HDEL', roles_key(gid), owner) end
  if policies[4] == 'channel' and not was_channel then redis.call('UNLINK', receipts_key('gs:' .. gid)) end
  write_fields(info, change)
end
return { 'changed', owner, policies[1], policies[2], policies[3], policies[4], created_at, redis.call('SCARD', members), change.fields,
  failed, reason }
