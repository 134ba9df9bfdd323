-- Takes a member out of a group; the others and the one who left are told.
--   KEYS  gi:<gid>, gm:<gid>
--   ARGV  gid, uid, actor ('' = the server)
--   reply { 'left', inboxes that refused, the first one's reason }
--         { refusal, subject }: group_not_found, not_owner, member_not_found, owner_must_hand_over
local gid, uid, actor = ARGV[1], ARGV[2], ARGV[3]

local master = redis.call('HGET', KEYS[1], 'master')
if not master then return { 'group_not_found', gid } end
if actor ~= '' and actor ~= master and actor ~= uid then return { 'not_owner', gid } end
if redis.call('SISMEMBER', KEYS[2], uid) == 0 then return { 'member_not_found', uid } end
if uid == master then return { 'owner_must_hand_over', gid } end

local told = redis.call('SMEMBERS', KEYS[2])
redis.call('SREM', KEYS[2], uid)
redis.call('ZREM', contacts_key(uid), 'group:' .. gid)
redis.call('HDEL', read_key(uid), 'gs:' .. gid)
local _, failed, reason = tell_group(gid, uid, 'quit', by(actor, uid), told)
return { 'left', failed, reason }
