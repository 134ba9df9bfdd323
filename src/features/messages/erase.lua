-- Erases a message: an `erase` change takes over its place as the newest entry and tells everybody, then the entry goes.
--   KEYS   im:meta, the log, feed, fl:<actor>, and u:<peer> in a direct chat, gm:<gid>, gi:<gid>, gr:<gid> in a group
--   ARGV   log, actor, peer ('' in a group), message id
--   reply  { 'erased', refused writes, the first one's reason }
--   refuses  NOT_MEMBER, GROUP_NOT_FOUND, MESSAGE_NOT_FOUND, FORBIDDEN
-- @include "direct_events"
-- @include "roles"
local log, actor, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local recipients, of_others
if peer == '' then
  local gid = string.sub(log, 4)
  local master = redis.call('HGET', KEYS[6], 'master')
  if not master then return refuse('GROUP_NOT_FOUND', gid) end
  if redis.call('SISMEMBER', KEYS[5], actor) == 0 then return refuse('NOT_MEMBER', gid) end
  of_others = allows('erase', (standing(gid, actor, master)))
  recipients = redis.call('SMEMBERS', KEYS[5])
else
  recipients = direct_recipients_left(actor, peer)
end
local floor = floor_of(actor, log)
local entry = redis.call('XRANGE', KEYS[2], mid, mid)[1]
if not entry or (floor and not id_less(floor, mid)) then return refuse('MESSAGE_NOT_FOUND', mid) end
local flat = entry[2]
if flat[5] == 'action' or (flat[2] ~= actor and not of_others) then return refuse('FORBIDDEN', mid) end

local message = next_entry(log, actor, { action = 'erase', target = mid }, {})
append(message)
redis.call('XDEL', KEYS[2], mid)
return { 'erased', fan_out(log, message.id, message.entry, recipients, {}) }
