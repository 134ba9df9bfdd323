-- Makes a device of a user, or sets it up anew. Whoever else has had its address has it no more: two people of one browser
-- must not be told each other's messages.
--   KEYS   im:meta, u:<uid>, dv:<uid>, im:devices, im:push-addresses, im:push-spaces
--   ARGV   uid, device, digest of its address, what is kept of it (JSON), how many a user may have
--   reply  { 'created' | 'changed', made at, ms }
--   refuses  USER_NOT_FOUND, TOO_MANY_DEVICES
-- @include "clock"
-- @include "devices"
-- @include "refusals"
local devices, addresses = KEYS[3], KEYS[5]
local uid, device, address = ARGV[1], ARGV[2], ARGV[3]

if redis.call('EXISTS', KEYS[2]) == 0 then return refuse('USER_NOT_FOUND', uid) end
local before = redis.call('HGET', devices, device)
local holder, held = string.match(redis.call('HGET', addresses, address) or '', '^(%S+) (%S+)$')
local is_moved = holder == uid and held ~= device
local count = redis.call('HLEN', devices) - (is_moved and 1 or 0)
if not before and count >= tonumber(ARGV[5]) then return refuse('TOO_MANY_DEVICES', ARGV[5]) end

if holder and (is_moved or holder ~= uid) then forget_device(holder, held) end
local made_at = now_ms()
if before then
  local its_address
  made_at, its_address = string.match(before, '^(%d+) (%S+)')
  if its_address ~= address then redis.call('HDEL', addresses, its_address) end
end
redis.call('HSET', devices, device, made_at .. ' ' .. address .. ' ' .. ARGV[4])
redis.call('HSET', addresses, address, uid .. ' ' .. device)
redis.call('SADD', KEYS[4], uid)
redis.call('SADD', KEYS[6], SPACE or '')
return { before and 'changed' or 'created', made_at }
