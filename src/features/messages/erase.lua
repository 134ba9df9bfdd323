-- Erases a message, which everybody is told. Erased before is erased.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, feed, journal, fl:<actor>, ru:<actor>, and u:<actor>, u:<peer>, bl:<actor>,
--          bl:<peer>, c:<peer> in a direct chat, gi:<gid>, gm:<gid>, gr:<gid> in a group, rp:<log>, ma:<log>, im:files
--   ARGV   log, actor, peer ('' in a group), message id
--   reply  { 'erased' | 'already', refused writes, the first one's reason }
--   refuses  NOT_MEMBER, GROUP_NOT_FOUND, USER_NOT_FOUND, MESSAGE_NOT_FOUND, FORBIDDEN
-- @include "authors"
-- @include "channel"
-- @include "direct_events"
-- @include "erasure"
-- @include "reading"
-- @include "roles"
local log, actor, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local floor, refusal = reading(log, actor, peer)
if refusal then return refusal end
if is_below(mid, floor) then return refuse('MESSAGE_NOT_FOUND', mid) end
local entry = redis.call('XRANGE', KEYS[2], mid, mid)[1]
if not entry then return tombstone_of(log, mid) and { 'already', 0, '' } or refuse('MESSAGE_NOT_FOUND', mid) end
local flat = entry[2]
local recipients, of_others
if peer == '' then
  local gid = string.sub(log, 4)
  of_others = allows('erase', (standing(gid, actor, redis.call('HGET', group_key(gid), 'master'))))
  recipients = is_channel(gid) and mentioned_in(gid, flat, actor) or redis.call('SMEMBERS', members_key(gid))
else
  recipients = direct_recipients_left(actor, peer)
end
if flat[5] == 'action' or not (of_others or is_author(actor, log, mid, flat)) then return refuse('FORBIDDEN', mid) end

return { 'erased', erase_message(log, actor, entry, recipients) }
