#!lua flags=allow-oom
-- Moves a user's read mark of a conversation forward, never back.
--   KEYS  rd:<uid>, the log
--   ARGV  log, message id read up to
--   reply { 'read', n of the mark, message id of the mark, newest entry ({ id, flat }) }
--         { refusal, subject }: conversation_not_found, message_not_found
local log, up_to = ARGV[1], ARGV[2]

local mark = redis.call('HGET', KEYS[1], log)
if not mark then return { 'conversation_not_found', log } end
local entry = redis.call('XRANGE', KEYS[2], up_to, up_to)[1]
if not entry then return { 'message_not_found', up_to } end
local n, mid = string.match(mark, '^(%d+) (%d+%-%d+)$')

if id_less(mid, up_to) then
  n, mid = entry[2][4], up_to
  redis.call('HSET', KEYS[1], log, n .. ' ' .. mid)
end
return { 'read', n, mid, redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1] }
