#!lua flags=no-writes
-- One message, as a history shows it.
--   KEYS   im:meta, the log, ms:<log>, er:<log>, fl:<reader>, and u:<peer> in a direct chat, gm:<gid>, gi:<gid> in a group
--   ARGV   log, reader, peer ('' in a group), message id
--   reply  what `shown` of src/redis/lua/shown.lua replies for one
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "reading"
-- @include "shown"
local log, reader, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local floor, refusal = reading(log, reader, peer)
if refusal then return refusal end
local found = not is_below(mid, floor) and find(log, mid)
if not found then return refuse('MESSAGE_NOT_FOUND', mid) end
return shown(log, reader, { found })[1]
