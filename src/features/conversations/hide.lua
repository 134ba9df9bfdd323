-- Hides a conversation and its history up to now from one user, until something new comes.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, the log, signals
--   ARGV   log, uid
--   reply  1 if it was there, 0 if not
-- @include "log"
-- @include "own_settings"
local marks, floors, mentions, settings = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local log = ARGV[1]

if redis.call('HEXISTS', marks, log) == 0 then return 0 end
local id, n = newest(KEYS[6])
redis.call('HSET', marks, log, n .. ' ' .. id)
redis.call('HSET', floors, log, id)
redis.call('HDEL', mentions, log)
redis.call('HDEL', settings, log)
tell_devices(ARGV[2], log, { hidden = true })
return 1
