#!lua flags=no-writes
-- Reads a user's inbox after a cursor, and in the same moment its newest id and the epoch.
--   KEYS  im:meta, s:<uid>, u:<uid>
--   ARGV  start of the range to read, as XRANGE takes it, how many (0 = only the position)
--   reply { 'ok', epoch, newest id that the inbox ever had ('' if none), entries ({ id, flat } …) } | { 'user_not_found' }
local start, count = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', KEYS[3]) == 0 then return { 'user_not_found' } end
local entries = {}
if count > 0 then entries = redis.call('XRANGE', KEYS[2], start, '+', 'COUNT', count) end
return { 'ok', redis.call('HGET', KEYS[1], 'epoch') or '0', last_generated(KEYS[2]) or '', entries }
