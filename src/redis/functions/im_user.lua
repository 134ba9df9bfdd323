-- Reads a user, creates one, or sets fields of one.
--   words  uid, field, value, …
--   reply  without fields { 'createdAt', ms, field, value, … }; else 'created' | 'changed'
--   refuses  USER_NOT_FOUND, REMOVAL_UNFINISHED, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "offer"
-- @include "words"
-- @command "users/put_user"
local USAGE = 'im_user 0 uid [field value ...]'

offer('im_user', {}, function(words)
  local refusal = check_first(words, { 'uid' }, USAGE)
  if refusal then return refusal end
  local uid = words[1]
  if #words == 1 then
    local user = redis.call('HGETALL', user_key(uid))
    return #user > 0 and user or refuse('USER_NOT_FOUND', uid)
  end
  local fields, problem = fields_from(words, 2, USAGE)
  if problem then return problem end

  local keys = { META_KEY, user_key(uid), removed_user_key(uid), inbox_key(uid), removals_key(), attributes_key(uid),
    users_key() }
  local mode = redis.call('EXISTS', user_key(uid)) == 1 and 'merge' or 'replace'
  local reply = put_user(keys, { uid, mode, '', 0, #fields / 2, unpack(fields) })
  return reply.err and reply or reply[1]
end)
