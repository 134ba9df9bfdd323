-- Refuses a request to join, or withdraws one's own. The one who asked is told of a refusal.
--   KEYS  gi:<gid>, gq:<gid>
--   ARGV  gid, uid, actor ('' = the server)
--   reply { 'refused', inboxes that refused, the first one's reason }
--         { refusal, subject }: group_not_found, not_owner, request_not_found
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master = redis.call('HGET', KEYS[1], 'master')
if not master then return { 'group_not_found', gid } end
if actor ~= '' and actor ~= master and actor ~= uid then return { 'not_owner', gid } end
if not redis.call('ZSCORE', KEYS[2], uid) then return { 'request_not_found', uid } end

redis.call('ZREM', KEYS[2], uid)
local failed, reason, _ = 0, '', nil
if actor ~= uid then
  _, failed, reason = tell_direct(master, uid, 'refuse', { 'group', gid })
end
return { 'refused', failed, reason }
