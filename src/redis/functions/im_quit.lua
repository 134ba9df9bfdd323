-- Takes a user out of a group, of its own accord.
--   words  uid, gid
--   reply  'left', or 'already' where it is no member
--   refuses  GROUP_NOT_FOUND, OWNER_MUST_HAND_OVER, INVALID_REQUEST
-- @include "offer"
-- @include "words"
-- @command "members/quit"

offer('im_quit', {}, function(words)
  local refusal = check_words(words, { 'uid', 'gid' }, 'im_quit 0 uid gid')
  if refusal then return refusal end
  local uid, gid = words[1], words[2]

  local keys = { META_KEY, group_key(gid), members_key(gid), roles_key(gid), log_key('gs:' .. gid), user_key(uid),
    contacts_key(uid), read_key(uid), floors_key(uid), sanctions_key(uid), feed_key() }
  local reply = quit(keys, { gid, uid, uid })
  if reply.err then return reply end
  warn_of(reply[2], reply[3])
  return reply[1]
end)
