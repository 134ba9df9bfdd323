-- Takes a person out of a user's contacts. Nobody is told, and the conversation stays.
--   words  uid, peer
--   reply  'unlinked'
--   refuses  CONTACT_NOT_FOUND, INVALID_REQUEST
-- @include "names"
-- @include "offer"
-- @include "words"

offer('im_unlink', { 'allow-oom' }, function(words)
  local refusal = check_words(words, { 'uid', 'peer' }, 'im_unlink 0 uid peer')
  if refusal then return refusal end
  local uid, peer = words[1], words[2]
  if redis.call('ZREM', contacts_key(uid), 'user:' .. peer) == 0 then return refuse('CONTACT_NOT_FOUND', peer) end
  return 'unlinked'
end)
