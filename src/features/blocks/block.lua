-- Blocks a person; nobody is told.
--   KEYS   im:meta, u:<uid>, u:<peer>, bl:<uid>, bb:<peer>, feed, journal
--   ARGV   uid, peer
--   reply  { 'blocked' | 'already', blocked at ms }
--   refuses  BLOCK_OF_SELF, USER_NOT_FOUND, UPDATE_PENDING
-- @include "clock"
-- @include "journal"
-- @include "level"
-- @include "refusals"
local blocks, blocked_by = KEYS[4], KEYS[5]
local uid, peer = ARGV[1], ARGV[2]

if uid == peer then return refuse('BLOCK_OF_SELF', uid) end
if redis.call('EXISTS', KEYS[2]) == 0 then return refuse('USER_NOT_FOUND', uid) end
if redis.call('EXISTS', KEYS[3]) == 0 then return refuse('USER_NOT_FOUND', peer) end
local blocked_at = redis.call('ZSCORE', blocks, peer)
if blocked_at then return { 'already', blocked_at } end
local not_yet = needs_level(LEVEL_OF_BLOCKS)
if not_yet then return not_yet end

redis.call('ZADD', blocks, now_ms(), peer)
redis.call('SADD', blocked_by, uid)
journal_alone('block.added', 'uid', uid, 'peer', peer)
return { 'blocked', now_ms() }
