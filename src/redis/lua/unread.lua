-- What of a conversation is unread.
-- @include "mentions"
-- @include "message_state"

-- `mark` is what rd:<uid> has of it: '<n> <mid>'; `n` that of the log's newest entry.
-- What retention has taken, and what was erased, is not unread.
local function unread_of(log, mark, n)
  local read_n, read_mid = string.match(mark, '^(%d+) (%d+%-%d+)$')
  local unread = tonumber(n) - tonumber(read_n)
  if unread <= 0 then return 0 end
  local after = seq_of(read_mid)
  local first = redis.call('XRANGE', log_key(log), '-', '+', 'COUNT', 1)[1]
  if first and less(plus_one(after), seq_of(first[1])) then
    local flat = first[2]
    local before = tonumber(flat[4]) - (flat[5] == 'action' and 0 or 1)
    unread = math.min(unread, tonumber(n) - before)
    after = tostring(tonumber(seq_of(first[1])) - 1)
  end
  return math.max(0, unread - redis.call('ZCOUNT', erased_key(log), '(' .. after, '+inf'))
end

-- How many of the unread messages mention somebody; `list` is what mn:<uid> has of the log, or nil.
local function unread_mentions_of(log, mark, list)
  local read_mid = string.match(mark, '%S+$')
  local ids = filter_ids(list, function(id) return id_less(read_mid, id) end)
  local of_all = redis.call('ZRANGEBYSCORE', mentions_of_all_key(log), '(' .. seq_of(read_mid), '+inf', 'LIMIT', 0, MENTIONS_KEPT)
  return math.min(#ids + #of_all, MENTIONS_KEPT)
end
