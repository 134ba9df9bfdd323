-- Creates, replaces or merges a group; hands it over. Members are told of what changed, and of nothing if nothing did.
--   KEYS  gi:<gid>, gm:<gid>
--   ARGV  gid, 'replace' | 'merge', actor ('' = the server), owner ('' = none given), joinPolicy ('' = unchanged),
--         number of pairs, field, value, …, names to remove …
--   reply { 'created' | 'changed', master, joinPolicy, createdAt ms, members, fields (flat), inboxes that refused, reason }
--         { refusal, subject }: group_not_found (merge), not_owner, user_not_found, member_not_found, owner_unchanged,
--         owner_needed, owner_not_self, fields_too_large
local gid, mode, actor, owner, join_policy = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local info_key, member_key, log = KEYS[1], KEYS[2], 'gs:' .. gid
local OWN = { master = true, joinPolicy = true, createdAt = true }

local function write(master, policy, created_at, flat)
  redis.call('DEL', info_key)
  redis.call('HSET', info_key, 'master', master, 'joinPolicy', policy, 'createdAt', created_at, unpack(flat))
end

local current = redis.call('HGETALL', info_key)
local _, flat, changed, refusal = change_fields(current, OWN, mode == 'replace', 6)
local master, policy, created_at = unpack(redis.call('HMGET', info_key, 'master', 'joinPolicy', 'createdAt'))

if not master then
  if mode == 'merge' then return { 'group_not_found', gid } end
  if owner == '' then owner = actor end
  if owner == '' then return { 'owner_needed', gid } end
  if actor ~= '' and actor ~= owner then return { 'owner_not_self', owner } end
  if redis.call('EXISTS', user_key(owner)) == 0 then return { 'user_not_found', owner } end
  if refusal then return { refusal, gid } end

  if join_policy == '' then join_policy = 'open' end
  local now = now_ms()
  write(owner, join_policy, now, flat)
  redis.call('SADD', member_key, owner)
  redis.call('ZADD', contacts_key(owner), now, 'group:' .. gid)
  local message, failed, reason = tell_group(gid, owner, 'create', {}, { owner })
  mark_read(owner, message)
  return { 'created', owner, join_policy, now, 1, flat, failed, reason }
end

if actor ~= '' and actor ~= master then return { 'not_owner', gid } end
if owner ~= '' and owner ~= master then
  if mode == 'replace' then return { 'owner_unchanged', gid } end
  if redis.call('SISMEMBER', member_key, owner) == 0 then return { 'member_not_found', owner } end
else
  owner = master
end
if refusal then return { refusal, gid } end
if join_policy == '' then join_policy = policy or 'open' end
created_at = created_at or now_ms()

local failed, reason = 0, ''
if changed or join_policy ~= policy or owner ~= master then
  local members = redis.call('SMEMBERS', member_key)
  write(owner, join_policy, created_at, flat)
  local _
  if changed or join_policy ~= policy then
    _, failed, reason = tell_group(gid, master, 'update', {}, members)
  end
  if owner ~= master then
    _, failed, reason = tell_group(gid, master, 'owner', { 'owner', owner }, members)
  end
end
return { 'changed', owner, join_policy, created_at, redis.call('SCARD', member_key), flat, failed, reason }
