-- Creates, replaces or merges a group; hands it over. Members are told of what changed, and of nothing if nothing did.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gs:<gid>, feed, and the owner's u: c: rd: where one is named or comes to be
--   ARGV   gid, 'replace' | 'merge', actor ('' = the server), owner ('' = none given), joinPolicy ('' = unchanged),
--          number of pairs, field, value, …, names to remove …
--   reply  { 'created' | 'changed', owner, joinPolicy, createdAt ms, members, fields (flat), refused writes, reason }
--   refuses  GROUP_NOT_FOUND (merge), NOT_OWNER, USER_NOT_FOUND, MEMBER_NOT_FOUND, OWNER_UNCHANGED, OWNER_NEEDED,
--            OWNER_NOT_SELF, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "change_fields"
-- @include "group"
-- @include "marks"
local info, members = KEYS[2], KEYS[3]
local gid, mode, actor, owner, join_policy = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local OWN = { master = true, joinPolicy = true, createdAt = true, incarnation = true }

local master, policy, created_at = unpack(redis.call('HMGET', info, 'master', 'joinPolicy', 'createdAt'))

if not master then
  if mode == 'merge' then return refuse('GROUP_NOT_FOUND', gid) end
  if owner == '' then owner = actor end
  if owner == '' then return refuse('OWNER_NEEDED', gid) end
  if actor ~= '' and actor ~= owner then return refuse('OWNER_NOT_SELF', owner) end
  if redis.call('EXISTS', user_key(owner)) == 0 then return refuse('USER_NOT_FOUND', owner) end
  local change, refusal = change_fields(info, OWN, true, ARGV, 6)
  if refusal then return refusal end

  if join_policy == '' then join_policy = 'open' end
  local failed, reason, message = tell_group(gid, owner, { action = 'create' }, {}, { owner })
  -- Tells a group apart from a former one of the same name.
  local incarnation = redis.call('HINCRBY', META_KEY, 'incarnations', 1)
  redis.call('HSET', info, 'master', owner, 'joinPolicy', join_policy, 'createdAt', now_ms(), 'incarnation', incarnation)
  write_fields(info, change)
  redis.call('SADD', members, owner)
  redis.call('ZADD', contacts_key(owner), now_ms(), 'group:' .. gid)
  mark_read(owner, message)
  return { 'created', owner, join_policy, now_ms(), 1, change.fields, failed, reason }
end

if actor ~= '' and actor ~= master then return refuse('NOT_OWNER', gid) end
if owner ~= '' and owner ~= master then
  if mode == 'replace' then return refuse('OWNER_UNCHANGED', gid) end
  -- A user who is being removed may still be among the members.
  if redis.call('EXISTS', user_key(owner)) == 0 then return refuse('USER_NOT_FOUND', owner) end
  if redis.call('SISMEMBER', members, owner) == 0 then return refuse('MEMBER_NOT_FOUND', owner) end
else
  owner = master
end
local change, refusal = change_fields(info, OWN, mode == 'replace', ARGV, 6)
if refusal then return refusal end
if join_policy == '' then join_policy = policy or 'open' end
created_at = created_at or now_ms()

local failed, reason = 0, ''
local is_updated, is_handed_over = change.changes or join_policy ~= policy, owner ~= master
if is_updated or is_handed_over then
  local told = redis.call('SMEMBERS', members)
  if is_updated then failed, reason = tell_group(gid, master, { action = 'update' }, {}, told) end
  if is_handed_over then failed, reason = tell_group(gid, master, { action = 'owner' }, { 'owner', owner }, told) end
  redis.call('HSET', info, 'master', owner, 'joinPolicy', join_policy, 'createdAt', created_at)
  write_fields(info, change)
end
return { 'changed', owner, join_policy, created_at, redis.call('SCARD', members), change.fields, failed, reason }
