-- Devices that notifications are pushed to: dv:<uid> has of each  <made at, ms> <digest of its address> <JSON>. An address is
-- one device's alone: im:push-addresses has whose.
-- @include "names"

-- Returns what there was of it, or nil.
local function forget_device(uid, device)
  local key = devices_key(uid)
  local record = redis.call('HGET', key, device)
  if not record then return nil end
  redis.call('HDEL', key, device)
  redis.call('HDEL', push_addresses_key(), (string.match(record, '^%d+ (%S+)')))
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', users_with_devices_key(), uid) end
  return record
end
