-- Takes a person out of a user's contacts. Nobody is told, and the conversation stays.
--   words  uid, peer
--   reply  'unlinked', or 'already' where there is none
--   refuses  INVALID_REQUEST
-- @include "names"
-- @include "offer"
-- @include "words"

offer('im_unlink', { 'allow-oom' }, function(words)
  local refusal = check_words(words, { 'uid', 'peer' }, 'im_unlink 0 uid peer')
  if refusal then return refusal end
  local uid, peer = words[1], words[2]
  return redis.call('ZREM', contacts_key(uid), 'user:' .. peer) == 1 and 'unlinked' or 'already'
end)
