#!lua flags=allow-oom
-- Goes on with what removing a channel has left: a page of those who were its members, who are told, or had to do with it.
--   KEYS   im:meta, im:channel-removals, rg:gm:<incarnation>, rg:gr:<incarnation>, rg:gb:<incarnation>, rg:gq:<incarnation>, feed,
--          im:removals, im:unfinished
--   ARGV   incarnation, how many people
--   reply  { how many are left, refused writes, the first one's reason }
-- @include "channel"
-- @include "clock"
-- @include "fan_out"
-- @include "marks"
-- @include "unfinished"
local removals, members, roles, bans, requests = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local incarnation, page = ARGV[1], tonumber(ARGV[2])

local removal = redis.call('HGET', removals, incarnation)
-- Another node has finished it.
if not removal then return { 0, 0, '' } end
local gid, master = string.match(removal, '^(%S+) (%S+)$')
local log = 'gs:' .. gid

-- There may be a new group of the name by now; who is in it keeps what is its own.
local function is_in_new(uid) return redis.call('SISMEMBER', members_key(gid), uid) == 1 end

local told = {}
for _, uid in ipairs(redis.call('SPOP', members, page)) do
  if not is_in_new(uid) then
    forget_conversation(uid, log)
    redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
    redis.call('HDEL', removed_user_key(uid), log)
    told[#told + 1] = uid
  end
end
local failed, reason = 0, ''
if #told > 0 then
  local entry = { 'uid', master, 'n', '0', 'action', 'delete' }
  failed, reason = fan_out(log, now_ms() .. '-0', entry, people_left(told), entry)
end

local left = page - #told
local function take_from(key, forget)
  if left <= 0 then return end
  local flat = redis.call('ZPOPMIN', key, left)
  for i = 1, #flat, 2 do forget(flat[i]) end
  left = left - #flat / 2
end
local function forget_sanction(uid)
  if not redis.call('ZSCORE', bans_key(gid), uid) and redis.call('HEXISTS', roles_key(gid), uid) == 0 then
    redis.call('SREM', sanctions_key(uid), gid)
  end
end
take_from(bans, forget_sanction)
take_from(requests, function(uid)
  if not redis.call('ZSCORE', requests_key(gid), uid) then redis.call('SREM', requested_key(uid), gid) end
end)
-- Those who are not plain members, and those who left while they were silenced.
if left > 0 then
  for _, uid in ipairs(redis.call('HRANDFIELD', roles, left)) do
    forget_sanction(uid)
    redis.call('HDEL', roles, uid)
  end
end

local still = redis.call('SCARD', members) + redis.call('ZCARD', bans) + redis.call('ZCARD', requests) + redis.call('HLEN', roles)
if still == 0 then
  redis.call('HDEL', removals, incarnation)
  end_unfinished(KEYS[8], removals)
end
return { still, failed, reason }
