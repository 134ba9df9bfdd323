-- Erases a message: an erase event takes over its place as the newest entry and tells everybody, then the entry goes.
--   KEYS  the log
--   ARGV  log, actor, peer ('' in a group), message id
--   reply { 'erased', inboxes that refused, the first one's reason }
--         { refusal, subject }: not_member, group_not_found, message_not_found, forbidden
local log, actor, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local gid = peer == '' and string.sub(log, 4)
local recipients
if gid then
  if redis.call('SISMEMBER', members_key(gid), actor) == 0 then
    if redis.call('EXISTS', members_key(gid)) == 0 then return { 'group_not_found', gid } end
    return { 'not_member', gid }
  end
  recipients = redis.call('SMEMBERS', members_key(gid))
else
  recipients = direct_recipients(actor, peer)
end
local entry = redis.call('XRANGE', KEYS[1], mid, mid)[1]
if not entry then return { 'message_not_found', mid } end
local flat = entry[2]
local is_event = flat[5] == 'action'
local may = flat[2] == actor or (gid and redis.call('HGET', PREFIX .. 'gi:' .. gid, 'master') == actor)
if is_event or not may then return { 'forbidden', mid } end

local message = next_entry(log, actor, false, 'erase', nil, { 'id', mid })
append(message)
redis.call('XDEL', KEYS[1], mid)
local failed, reason = fan_out(log, message.id, message.entry, recipients, {})
return { 'erased', failed, reason }
