-- Replies: rp:<log> has them in order, scored by the seq of the message that they reply to.
-- @include "message_state"

-- Of one message, replies are in the order of their names; so the number comes first, as many digits as there may be.
local function reply_name(mid)
  local seq = seq_of(mid)
  return string.rep('0', 16 - #seq) .. seq .. ' ' .. mid
end

local function count_replies(log, seq) keep(log, seq, 'replies', redis.call('ZCOUNT', replies_key(log), seq, seq)) end

-- Notes that `mid` replies to `target`.
local function note_reply(log, mid, target)
  local seq = seq_of(target)
  redis.call('ZADD', replies_key(log), seq, reply_name(mid))
  count_replies(log, seq)
end

-- An erased message replies to nothing any more. `target` is nil where it was no reply.
local function forget_reply(log, mid, target)
  if target and redis.call('ZREM', replies_key(log), reply_name(mid)) == 1 then count_replies(log, seq_of(target)) end
end
