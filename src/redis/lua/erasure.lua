-- Erases messages for everybody.
-- @include "attachments"
-- @include "channel"
-- @include "fan_out"
-- @include "journal"
-- @include "mentions"
-- @include "own_fields"
-- @include "replies"

-- Erases one, `entry` of its log as Redis has it: an `erase` change tells the recipients, then the message goes with its
-- edits and its reactions. What stands in its place stays. Returns what fan_out does.
local function erase_message(log, actor, entry, recipients)
  local mid, flat = entry[1], entry[2]
  local seq = seq_of(mid)
  local edit = kept(log, seq, 'edit')
  local edits = edit and cjson.decode(edit).ids or {}
  local message = next_entry(log, actor, { action = 'erase', target = mid }, {})
  append_change(message)
  redis.call('ZADD', erased_key(log), seq, mid .. ' ' .. flat[4] .. ' ' .. flat[2] .. ' ' .. actor .. ' ' .. now_ms())
  forget_message(log, seq)
  forget_reply(log, mid, own_value(flat, 'reply'))
  forget_mentions(log, mid, own_value(flat, 'mentions'))
  forget_attachments(log, mid, own_value(flat, 'attachments'))
  redis.call('XDEL', log_key(log), mid, unpack(edits))
  -- Who follows the log takes no edit for lost that went with its message.
  for _, id in ipairs(edits) do keep(log, seq_of(id), 'erased', id) end
  if WANTS or JOURNAL_ON then
    journal_message('message.erased', log, message.id, actor, string.sub(log, 1, 3) == 'gs:' and is_channel(string.sub(log, 4)))
  end
  return fan_out(log, message.id, message.entry, recipients, {})
end
