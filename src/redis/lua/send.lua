-- Sends a message: the log, the idempotency key, every recipient's inbox and the feed, all or nothing.
--   KEYS  i:<log>:<from>:<clientMessageId>
--   ARGV  log, from, peer ('' in a group), clientMessageId to show ('' if the sender gave none), digest, ttl ms,
--         field, value, …
--   reply { 'sent', message id, inboxes that refused, the first one's reason }
--         { 'repeated', message id, entry (flat; absent if erased or trimmed since) }
--         { refusal, subject }: client_message_id_reused, user_not_found, group_not_found, not_member
local log, from, peer, cid, digest, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local done = redis.call('GET', KEYS[1])
if done then
  local mid, first_digest = string.match(done, '^(%S+) (%S+)$')
  if first_digest ~= digest then return { 'client_message_id_reused', mid } end
  local entry = redis.call('XRANGE', log_key(log), mid, mid)[1]
  return { 'repeated', mid, entry and entry[2] }
end

local recipients
if peer ~= '' then
  -- A key that is named twice counts twice.
  if redis.call('EXISTS', user_key(from), user_key(peer)) < 2 then
    local missing = redis.call('EXISTS', user_key(from)) == 0 and from or peer
    return { 'user_not_found', missing }
  end
  recipients = direct_recipients(from, peer)
else
  local gid = string.sub(log, 4)
  if redis.call('SISMEMBER', members_key(gid), from) == 0 then
    if redis.call('EXISTS', members_key(gid)) == 0 then return { 'group_not_found', gid } end
    return { 'not_member', gid }
  end
  recipients = redis.call('SMEMBERS', members_key(gid))
end

local fields = {}
for i = 7, #ARGV do fields[i - 6] = ARGV[i] end
local message = next_entry(log, from, true, nil, cid ~= '' and cid or nil, fields)

append(message)
redis.call('SET', KEYS[1], message.id .. ' ' .. digest, 'PX', ttl)
mark_read(from, message)
if peer ~= '' and peer ~= from then appear(peer, message, true) end
local failed, reason = fan_out(log, message.id, message.entry, recipients, {})
return { 'sent', message.id, failed, reason }
