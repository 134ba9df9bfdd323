-- Reads one message, as its reader may: a member of the group, or one of the two in a direct chat.
--   words  uid of the reader, USER | GROUP, peer | gid, message id
--   reply  { message id, { 'uid', sender, 'n', n, …, field, value, … } }, as XRANGE answers it
--   refuses  USER_NOT_FOUND, GROUP_NOT_FOUND, NOT_MEMBER, MESSAGE_NOT_FOUND, INVALID_REQUEST
-- @include "direct_events"
-- @include "offer"
-- @include "stream_ids"
-- @include "words"
local USAGE = 'im_message 0 uid USER peer mid, or uid GROUP gid mid'

-- The log that a reader may read, and the message below which it reads nothing (nil if there is none).
-- Returns nil and the refusal where it may not.
local function readable_log(uid, peer)
  local log = direct_log(uid, peer)
  -- The messages of somebody who was removed stay readable; a chat with somebody who never was is a mistake.
  if redis.call('EXISTS', user_key(peer)) == 0 and redis.call('EXISTS', log_key(log)) == 0 then
    return nil, refuse('USER_NOT_FOUND', peer)
  end
  return log
end

local function readable_group(uid, gid)
  if redis.call('EXISTS', group_key(gid)) == 0 then return nil, refuse('GROUP_NOT_FOUND', gid) end
  if redis.call('SISMEMBER', members_key(gid), uid) == 0 then return nil, refuse('NOT_MEMBER', gid) end
  return 'gs:' .. gid
end

offer('im_message', { 'no-writes' }, function(words)
  local kind = string.upper(words[2] or '')
  local labels = { 'uid', 'word USER or GROUP', kind == 'GROUP' and 'gid' or 'peer', 'message id' }
  local refusal = check_words(words, labels, USAGE)
  if refusal then return refusal end
  local uid, name, mid = words[1], words[3], words[4]
  if kind ~= 'USER' and kind ~= 'GROUP' then return misused('the second word is USER or GROUP', USAGE) end
  if not is_stream_id(mid) then return misused('a message id looks like 1763900311455-42', USAGE) end

  local log, problem
  if kind == 'USER' then log, problem = readable_log(uid, name) else log, problem = readable_group(uid, name) end
  if problem then return problem end
  local floor = floor_of(uid, log)
  local entry = redis.call('XRANGE', log_key(log), mid, mid)[1]
  if not entry or (floor and not id_less(floor, mid)) then return refuse('MESSAGE_NOT_FOUND', mid) end
  return entry
end)
