-- Sends several messages, of spaces of one partition, each with an outcome of its own, until so many inboxes have been written
-- that others would have to wait: what is left is for another call.
--   KEYS   im:meta, which is the partition's, feed, journal, and of each message its other keys as in send.lua, and where it refers
--          to something what is kept beside the log (ms: ch: er: rp: ma: rc:), fl:<from>, mn:<whom it mentions> …,
--          fi:<file>, fm:<file> … and fp:<from>; in front of those of a message that is of another space than the one before it
--          (the first one: than the default space) im:meta and journal of that space
--   ARGV   how many inboxes may be written, then of each message: where it is of another space im:meta of that; how many
--          words of fields, '1' if it refers to something, then
--          in this case the message that it replies to, the uids that it mentions with spaces in between, the files that it
--          carries, as JSON, and '1' if it is silent ('' if none each); log, from, peer, clientMessageId, the same to show, digest,
--          ttl ms, field, value, …
--   reply  for each message that was tried, in order: as in send.lua, or { 'refused', error }
-- @include "addressing"
-- @include "begin"
-- @include "refusals"
-- @include "send"

-- `closed` is why the space of the messages that follow takes none; nil if it does.
local left, reply, word, closed = tonumber(ARGV[1]), {}, 2, nil
while word <= #ARGV and left > 0 do
  local field_count = tonumber(ARGV[word])
  if not field_count then
    local done, refusal = pcall(begin_in, ARGV[word])
    closed = not done and text_of(refusal) or refusal and refusal.err
    word = word + 1
    field_count = tonumber(ARGV[word])
  end
  local about
  if ARGV[word + 1] == '1' then
    about = addressing(ARGV[word + 2], ARGV[word + 3], ARGV[word + 4], ARGV[word + 5])
    word = word + 4
  end
  local log, from, first_field = ARGV[word + 2], ARGV[word + 3], word + 9
  local next_word = first_field + field_count
  local outcome
  if closed then outcome = { 'refused', closed }
  else
    local done
    done, outcome = pcall(send, idempotency_key(log, from, ARGV[word + 5]), log, from, ARGV[word + 4], ARGV[word + 6],
      ARGV[word + 7], ARGV[word + 8], { unpack(ARGV, first_field, next_word - 1) }, about)
    if not done then outcome = { 'refused', text_of(outcome) }
    elseif outcome.err then outcome = { 'refused', outcome.err }
    elseif outcome[1] == 'sent' then left = left - outcome[5] end
  end
  reply[#reply + 1] = in_short(outcome)
  word = next_word
end
return reply
