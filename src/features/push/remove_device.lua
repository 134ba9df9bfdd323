#!lua flags=allow-oom
-- Removes a device of a user.
--   KEYS   im:meta, dv:<uid>, im:devices, im:push-addresses
--   ARGV   uid, device, digest of the address that it has to have ('' = whatever it is)
--   reply  1 if it is removed, else 0
-- @include "devices"
local record = ARGV[3] ~= '' and redis.call('HGET', KEYS[2], ARGV[2])
if record and string.match(record, '^%d+ (%S+)') ~= ARGV[3] then return 0 end
return forget_device(ARGV[1], ARGV[2]) and 1 or 0
