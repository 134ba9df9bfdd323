#!lua flags=allow-oom
-- Moves a user's read mark of a conversation forward, never back.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, the log, er:<log>
--   ARGV   uid, log, message id read up to
--   reply  1
--   refuses  CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND
-- @include "mentions"
-- @include "own_settings"
-- @include "reading"
local marks, floors = KEYS[2], KEYS[3]
local uid, log, up_to = ARGV[1], ARGV[2], ARGV[3]

local mark = redis.call('HGET', marks, log)
if not mark then return refuse('CONVERSATION_NOT_FOUND', log) end
if is_below(up_to, redis.call('HGET', floors, log)) then return refuse('MESSAGE_NOT_FOUND', up_to) end
local entry = redis.call('XRANGE', KEYS[6], up_to, up_to)[1]
-- What was erased can have been the last that somebody read.
local n = entry and entry[2][4] or string.match(tombstone_of(log, up_to) or '', '^%S+ (%d+)')
if not n then return refuse('MESSAGE_NOT_FOUND', up_to) end

if id_less(string.match(mark, '%S+$'), up_to) then
  redis.call('HSET', marks, log, n .. ' ' .. up_to)
  read_mentions(uid, log, up_to)
end
local settings = own_settings(uid, log)
if settings.markedUnread then
  settings.markedUnread = nil
  write_own_settings(uid, log, settings)
end
return 1
