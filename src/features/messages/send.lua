-- Sends a message.
--   KEYS   im:meta, i:<log>:<from>:<clientMessageId>, the log,
--          u:<from>, u:<peer>, rd:<from>, rd:<peer>, ru:<from>, bl:<from>, bl:<peer>, c:<peer>, feed   in a direct chat
--          gm:<gid>, gi:<gid>, rd:<from>, feed, gr:<gid>, ru:<from>                                    in a group
--   ARGV   log, from, peer ('' in a group), clientMessageId, the same to show ('' if the sender gave none), digest, ttl ms,
--          field, value, …
--   reply  the message id if it was sent and nothing refused it; otherwise, and the refusals, as `send` in src/redis/lua/send.lua
-- @include "send"
return in_short(send(idempotency_key(ARGV[1], ARGV[2], ARGV[4]), ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6], ARGV[7],
  { unpack(ARGV, 8) }))
