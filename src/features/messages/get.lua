#!lua flags=no-writes
-- One message, as a history shows it.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, fl:<reader>, and u:<peer> in a direct chat, gi:<gid>, gm:<gid> in a group
--   ARGV   log, reader, peer ('' in a group), message id
--   reply  what `shown` of src/redis/lua/shown.lua replies for one
--   refuses  GROUP_NOT_FOUND, NOT_MEMBER, USER_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "shown"
local log, reader, peer, mid = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local found, refusal = read_one(log, reader, peer, mid)
if refusal then return refusal end
return shown(log, reader, { found })[1]
