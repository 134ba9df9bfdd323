#!lua flags=no-writes
-- Whether people are to be notified of a message now, and where.
--   KEYS   im:meta, the log, er:<log>, ma:<log>, im:suspended, u:<from>, and of a group gi:<gid>, gm:<gid>; then of each of
--          the people u:<uid>, dv:<uid>, pr:<uid>, bl:<uid>, cs:<uid>, rd:<uid>, fl:<uid>
--   ARGV   log, mid, from, gid ('' in a direct chat), '1' if it is known who has a stream open, else '0', then of each: uid,
--          '1' if the message names it, else '0'
--   reply  { name of the sender, name of the group ('' if none each), then of each why not: 'gone' (the message, or the person),
--          'no_device', 'suspended', 'blocked', 'online', 'read', 'muted', or { unread, device, what is kept of it, … } }
-- @include "own_settings"
-- @include "presence"
-- @include "reading"
-- @include "unread"
local log, mid, from, gid, knows_presence = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local log_stream, suspended = KEYS[2], KEYS[5]
local first_key = gid == '' and 7 or 9

local is_there = #redis.call('XRANGE', log_stream, mid, mid) > 0
local _, n = newest(log_stream)

local function is_read(mark) return not id_less(string.match(mark, '%S+$'), mid) end

local function is_muted(uid, is_named)
  if is_named then return false end
  local settings = own_settings(uid, log)
  return settings.archived or settings.mutedUntil and settings.mutedUntil > tonumber(now_ms())
end

local function look_up(uid, is_named, i)
  local user, devices, presence, blocks, marks, floors = KEYS[i], KEYS[i + 1], KEYS[i + 2], KEYS[i + 3], KEYS[i + 5], KEYS[i + 6]
  if redis.call('EXISTS', user) == 0 then return 'gone' end
  if knows_presence and presence_of(presence) then return 'online' end
  local mark = redis.call('HGET', marks, log)
  if not mark or is_below(mid, redis.call('HGET', floors, log)) then return 'gone' end
  if gid ~= '' and redis.call('SISMEMBER', KEYS[8], uid) == 0 then return 'gone' end
  if is_read(mark) then return 'read' end
  if is_muted(uid, is_named) then return 'muted' end
  if redis.call('ZSCORE', blocks, from) then return 'blocked' end
  if redis.call('ZSCORE', suspended, uid) then return 'suspended' end
  local kept = redis.call('HGETALL', devices)
  if #kept == 0 then return 'no_device' end
  return { unread_of(log, mark, n), unpack(kept) }
end

local reply = {
  redis.call('HGET', KEYS[6], 'name') or '',
  gid ~= '' and redis.call('HGET', KEYS[7], 'name') or '',
}
for i = 6, #ARGV, 2 do
  local key = first_key + 7 * (i - 6) / 2
  reply[#reply + 1] = is_there and look_up(ARGV[i], ARGV[i + 1] == '1', key) or 'gone'
end
return reply
