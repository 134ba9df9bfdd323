-- Sends a direct message. There is no clientMessageId: a call that is repeated sends another message.
--   words  uid, peer, field, value, …
--   reply  message id
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, CONTACTS_ONLY, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "direct_events"
-- @include "names"
-- @include "offer"
-- @include "send"
-- @include "words"
local USAGE = 'im_send 0 uid peer field value ...'

offer('im_send', {}, function(words)
  local refusal = check_first(words, { 'uid', 'peer', 'field' }, USAGE)
  if refusal then return refusal end
  local from, peer = words[1], words[2]
  local fields, problem = fields_from(words, 3, USAGE)
  if problem then return problem end

  local log = direct_log(from, peer)
  local reply = send(false, log, from, peer, '', '', 0, fields)
  if reply.err then return reply end
  warn_of(reply[3], reply[4])
  return reply[2]
end)
