-- Sends a message to a group, of which the sender has to be a member. A call that is repeated sends another message.
--   words  uid, gid, field, value, …
--   reply  message id
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, SILENCED, POSTING_RESTRICTED, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "names"
-- @include "offer"
-- @include "send"
-- @include "words"
local USAGE = 'im_gsend 0 uid gid field value ...'

offer('im_gsend', {}, function(words)
  local refusal = check_first(words, { 'uid', 'gid', 'field' }, USAGE)
  if refusal then return refusal end
  local from, gid = words[1], words[2]
  local fields, problem = fields_from(words, 3, USAGE)
  if problem then return problem end

  local log = 'gs:' .. gid
  local reply = send(false, log, from, '', '', '', 0, fields)
  if reply.err then return reply end
  warn_of(reply[3], reply[4])
  return reply[2]
end)
