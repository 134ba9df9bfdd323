#!lua flags=allow-oom
-- Lifts a block; nobody is told. Without one it changes nothing.
--   KEYS   im:meta, bl:<uid>, bb:<peer>, feed, journal
--   ARGV   uid, peer
--   reply  { 'unblocked' }
-- @include "journal"
local was_blocked = redis.call('ZREM', KEYS[2], ARGV[2]) == 1
redis.call('SREM', KEYS[3], ARGV[1])
if was_blocked then journal_alone('block.removed', 'uid', ARGV[1], 'peer', ARGV[2]) end
return { 'unblocked' }
