#!lua flags=allow-oom
-- Removes a group and tells its members. The log goes too, so the event travels in the inbox entries themselves.
--   KEYS  gi:<gid>, gm:<gid>, gs:<gid>, gq:<gid>
--   ARGV  gid, actor ('' = the server)
--   reply { 'removed', inboxes that refused, the first one's reason } | { refusal, subject }: group_not_found, not_owner
local gid, actor = ARGV[1], ARGV[2]

local master = redis.call('HGET', KEYS[1], 'master')
if not master then return { 'group_not_found', gid } end
if actor ~= '' and actor ~= master then return { 'not_owner', gid } end
local members = redis.call('SMEMBERS', KEYS[2])
local message = next_entry('gs:' .. gid, master, false, 'delete', nil, {})

redis.call('UNLINK', unpack(KEYS))
for _, uid in ipairs(members) do
  redis.call('HDEL', read_key(uid), message.log)
  redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
end
local failed, reason = fan_out(message.log, message.id, message.entry, members, message.entry)
return { 'removed', failed, reason }
