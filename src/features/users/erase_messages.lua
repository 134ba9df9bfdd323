-- Erases what a user who is being removed has sent: a page of one log, from where the page before has ended. It ends early
-- where many inboxes have been written.
--   KEYS   im:meta, re:<uid>, ru:<uid>, feed, journal, the log, ms:<log>, ch:<log>, er:<log>, rp:<log>, ma:<log>, im:files, and u:<peer> in a direct chat,
--          gm:<gid>, gi:<gid> in a group
--   ARGV   uid, log, peer ('' in a group), how many entries to read, how many inboxes may be written, about
--   reply  { 1 if nothing is left in this log, else 0, { message id, … } that were erased, refused writes, the first one's reason }
-- @include "channel"
-- @include "erasure"
-- @include "reading"
local erasure, log_stream = KEYS[2], KEYS[6]
local uid, log, peer, page, left = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local done_to = redis.call('HGET', erasure, log)
-- Another node has finished it.
if not done_to or done_to == '' then return { 1, {}, 0, '' } end

-- The user has no inbox any more.
local recipients = {}
local gid = peer == '' and string.sub(log, 4)
local in_channel = gid and is_channel(gid)
if in_channel then
  recipients = {}
elseif gid then
  for _, member in ipairs(redis.call('SMEMBERS', members_key(gid))) do
    if member ~= uid then recipients[#recipients + 1] = member end
  end
elseif peer ~= uid and redis.call('EXISTS', user_key(peer)) == 1 then
  recipients = { peer }
end

local entries = redis.call('XRANGE', log_stream, '(' .. done_to, '+', 'COUNT', page)
local erased, failed, reason, read = {}, 0, '', 0
for i, entry in ipairs(entries) do
  local flat = entry[2]
  if flat[2] == uid and flat[5] ~= 'action' then
    if in_channel then recipients = mentioned_in(gid, flat, uid) end
    local refused, why = erase_message(log, uid, entry, recipients)
    if failed == 0 then reason = why end
    failed = failed + refused
    erased[#erased + 1] = entry[1]
    left = left - 1 - #recipients
  end
  done_to, read = entry[1], i
  if left <= 0 then break end
end
local is_done = read == #entries and #entries < page
redis.call('HSET', erasure, log, is_done and '' or done_to)
return { is_done and 1 or 0, erased, failed, reason }
