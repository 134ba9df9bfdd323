-- Sends a message.
--   KEYS   im:meta, i:<log>:<from>:<clientMessageId>, the log, and
--          u:<from>, u:<peer>, bl:<from>, bl:<peer>, c:<peer>, rd:<from>, rd:<peer>   in a direct chat
--          gi:<gid>, gm:<gid>, gr:<gid>, rd:<from>                                    in a group
--          then ru:<from>, feed, journal
--   ARGV   log, from, peer ('' in a group), clientMessageId, the same to show ('' if the sender gave none), digest, ttl ms,
--          field, value, …
--   reply  the message id if it was sent and nothing refused it; otherwise, and the refusals, as `send` in src/redis/lua/send.lua
-- @include "send"
return in_short(send(idempotency_key(ARGV[1], ARGV[2], ARGV[4]), ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6], ARGV[7],
  { unpack(ARGV, 8) }))
