#!lua flags=no-writes
-- Where logs end, and whether those who follow them still may: what a heartbeat vouches for.
--   KEYS   im:meta, then of each reader the log, u:<reader>, ru:<reader>, fl:<reader>, and u:<peer> in a direct chat, gi:<gid>,
--          gm:<gid> in a group
--   ARGV   of each reader: log, reader, peer ('' in a group)
--   reply  { epoch, then of each reader: { code of a refusal } | { newest id, incarnation of the log, of the reader } }
-- @include "followed"
local reply, ends = { EPOCH or '0' }, {}
for i = 1, #ARGV, 3 do
  local log = ARGV[i]
  local followed, refusal = follow(log, ARGV[i + 1], ARGV[i + 2])
  if refusal then
    reply[#reply + 1] = { refusal.err }
  else
    -- Many follow the same one.
    ends[log] = ends[log] or end_of_log(log)
    reply[#reply + 1] = { ends[log], followed.incarnation, followed.reader }
  end
end
return reply
