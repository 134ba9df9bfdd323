-- Adds a person to a user's contacts, and tells both the first time.
--   words  uid, peer
--   reply  'linked' | 'already'
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, INVALID_REQUEST
-- @include "direct_events"
-- @include "offer"
-- @include "words"
-- @command "contacts/link"

offer('im_link', {}, function(words)
  local refusal = check_words(words, { 'uid', 'peer' }, 'im_link 0 uid peer')
  if refusal then return refusal end
  local uid, peer = words[1], words[2]

  local keys = { META_KEY, contacts_key(uid), user_key(uid), user_key(peer), log_key(direct_log(uid, peer)),
    read_key(uid), read_key(peer), feed_key() }
  local reply = link(keys, { uid, peer })
  if reply.err then return reply end
  warn_of(reply[3], reply[4])
  return reply[1]
end)
