-- Reads one message, as its reader may: a member of the group, or one of the two in a direct chat.
--   words  uid of the reader, USER | GROUP, peer | gid, message id
--   reply  { message id, { 'uid', sender, 'n', n, …, field, value, … } }, as XRANGE answers it
--   refuses  USER_NOT_FOUND, GROUP_NOT_FOUND, NOT_MEMBER, MESSAGE_NOT_FOUND, INVALID_REQUEST
-- @include "direct_events"
-- @include "offer"
-- @include "reading"
-- @include "stream_ids"
-- @include "words"
local USAGE = 'im_message 0 uid USER peer mid, or uid GROUP gid mid'

offer('im_message', { 'no-writes' }, function(words)
  local kind = string.upper(words[2] or '')
  local labels = { 'uid', 'word USER or GROUP', kind == 'GROUP' and 'gid' or 'peer', 'message id' }
  local refusal = check_words(words, labels, USAGE)
  if refusal then return refusal end
  local uid, name, mid = words[1], words[3], words[4]
  if kind ~= 'USER' and kind ~= 'GROUP' then return misused('the second word is USER or GROUP', USAGE) end
  if not is_stream_id(mid) then return misused('a message id looks like 1763900311455-42', USAGE) end

  local is_direct = kind == 'USER'
  local log = is_direct and direct_log(uid, name) or 'gs:' .. name
  local floor, problem = reading(log, uid, is_direct and name or '')
  if problem then return problem end
  local entry = not is_below(mid, floor) and redis.call('XRANGE', log_key(log), mid, mid)[1]
  if not entry then return refuse('MESSAGE_NOT_FOUND', mid) end
  return entry
end)
