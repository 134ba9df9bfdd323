#!lua flags=no-writes
-- Who reacted to a message.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, fl:<reader>, and u:<peer> in a direct chat, gi:<gid>, gm:<gid> in a group
--   ARGV   log, reader, peer ('' in a group), message id
--   reply  { uid, its reactions with spaces in between, uid, … }
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "shown"
local log, reader, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local _, refusal = read_one(log, reader, peer, mid)
if refusal then return refusal end
local seq = seq_of(mid)
local prefix, names, reply = seq .. ':by:', {}, {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], seq, seq)) do
  if string.sub(name, 1, #prefix) == prefix then names[#names + 1] = name end
end
for first = 1, #names, 1000 do
  local some = redis.call('HMGET', KEYS[3], unpack(names, first, math.min(first + 999, #names)))
  for i, reactions in ipairs(some) do
    if reactions and reactions ~= '' then
      reply[#reply + 1] = string.sub(names[first + i - 1], #prefix + 1)
      reply[#reply + 1] = reactions
    end
  end
end
return reply
