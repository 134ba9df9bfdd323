-- Puts an event of the server's own into a conversation: as a message of `from`, but it makes nothing unread.
--   KEYS   im:meta, and what else a send has, as in send.lua
--   ARGV   as in send.lua
--   reply  as in send.lua
-- @include "send"
local EVENT = { action = 'custom', check = function() end, note = function() end }

return in_short(send(idempotency_key(ARGV[1], ARGV[2], ARGV[4]), ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6], ARGV[7],
  { unpack(ARGV, 8) }, EVENT))
