-- Makes a user a member of a group, or asks its owner to, as the group's joinPolicy says.
--   words  uid, gid
--   reply  'joined' | 'already' | 'requested'
--   refuses  GROUP_NOT_FOUND, USER_NOT_FOUND, BANNED, BLOCKED, MUST_UNBLOCK, JOIN_CLOSED, GROUP_FULL, INVALID_REQUEST
-- @include "offer"
-- @include "words"
-- @command "members/join"

offer('im_join', {}, function(words)
  local refusal = check_words(words, { 'uid', 'gid' }, 'im_join 0 uid gid')
  if refusal then return refusal end
  local uid, gid = words[1], words[2]

  local keys = { META_KEY, group_key(gid), members_key(gid), roles_key(gid), bans_key(gid), requests_key(gid),
    log_key('gs:' .. gid), user_key(uid), contacts_key(uid), read_key(uid), requested_key(uid), floors_key(uid), sanctions_key(uid),
    feed_key() }
  local reply = join(keys, { gid, uid, uid, 'join' })
  if reply.err then return reply end
  warn_of(reply[4], reply[5])
  return reply[1]
end)
