#!lua flags=no-writes
-- The replies to a message, in order, as a history shows them.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, fl:<reader>, and u:<peer> in a direct chat, gi:<gid>, gm:<gid> in a
--          group, rp:<log>
--   ARGV   log, reader, peer ('' in a group), message id, reply to go on after ('' for the first), how many
--   reply  { what `shown` of src/redis/lua/shown.lua replies, … }
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "replies"
-- @include "shown"
local log, reader, peer, mid, after, want = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])

local _, refusal = read_one(log, reader, peer, mid)
if refusal then return refusal end

local seq, key = seq_of(mid), replies_key(log)
local first = redis.call('ZCOUNT', key, '-inf', '(' .. seq)
local stop = first + redis.call('ZCOUNT', key, seq, seq) - 1
if after ~= '' then
  -- An erased reply is not there any more: whoever went on from it goes on after what came before it.
  local low, high, name = first, stop + 1, reply_name(after)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if bytes_less(name, redis.call('ZRANGE', key, middle, middle)[1]) then high = middle else low = middle + 1 end
  end
  first = low
end
-- As an end, -1 would be the last of all.
if stop < first then return {} end
local entries = {}
for _, name in ipairs(redis.call('ZRANGE', key, first, math.min(stop, first + want - 1))) do
  entries[#entries + 1] = find(log, string.match(name, '%S+$'))
end
return shown(log, reader, entries)
