-- Sends several messages, each with an outcome of its own, until so many inboxes have been written that others would have
-- to wait: what is left is for another call.
--   KEYS   im:meta, feed, journal, and of each message its keys as in send.lua, and where it refers to something what is
--          kept beside the log (ms: ch: er: rp: ma: rc:), fl:<from>, mn:<whom it mentions> …,
--          fi:<file>, fm:<file> … and fp:<from>
--   ARGV   how many inboxes may be written, then of each message: how many words of fields, the message that it replies to,
--          the uids that it mentions with spaces in between, the files that it carries, as JSON, '1' if it is silent ('' if none each), log,
--          from, peer, clientMessageId, the same to show, digest, ttl ms, field, value, …
--   reply  for each message that was tried, in order: as in send.lua, or { 'refused', error }
-- @include "addressing"
-- @include "send"
local left, reply, word = tonumber(ARGV[1]), {}, 2
while word <= #ARGV and left > 0 do
  local log, from, field_count = ARGV[word + 5], ARGV[word + 6], tonumber(ARGV[word])
  local done, outcome = pcall(send, idempotency_key(log, from, ARGV[word + 8]), log, from, ARGV[word + 7], ARGV[word + 9],
    ARGV[word + 10], ARGV[word + 11], { unpack(ARGV, word + 12, word + 11 + field_count) },
    addressing(ARGV[word + 1], ARGV[word + 2], ARGV[word + 3], ARGV[word + 4]))
  if not done then outcome = { 'refused', type(outcome) == 'table' and outcome.err or tostring(outcome) }
  elseif outcome.err then outcome = { 'refused', outcome.err }
  elseif outcome[1] == 'sent' then left = left - outcome[5] end
  reply[#reply + 1] = in_short(outcome)
  word = word + 12 + field_count
end
return reply
