#!lua flags=no-writes
-- What an earlier send under the same clientMessageId came to. It sends nothing.
--   KEYS   im:meta, i:<log>:<from>:<clientMessageId>, the log, ru:<from>, and u:<from> in a direct chat, gi:<gid> in a group
--   ARGV   log, from, peer ('' in a group), clientMessageId, digest
--   reply  { 'repeated', … } as `send` in src/redis/lua/send.lua; nil where there was none
--   refuses  CLIENT_MESSAGE_ID_REUSED
-- @include "send"
local log, from, peer = ARGV[1], ARGV[2], ARGV[3]

local incarnation
if peer ~= '' then incarnation = redis.call('EXISTS', user_key(from)) == 1 and ''
else
  local group = redis.call('HMGET', group_key(string.sub(log, 4)), 'master', 'incarnation')
  incarnation = group[1] and (group[2] or '')
end
-- The send itself says who is missing.
if not incarnation then return nil end
return repeated(redis.call('GET', idempotency_key(log, from, ARGV[4])), log, from, incarnation, ARGV[5])
