#!lua flags=no-writes
-- Whom messages are told who have a device.
--   KEYS   im:meta, im:devices, then of each message gm:<gid>; again im:devices where it is told to the named alone
--   ARGV   of each message the uids that it is told to, with spaces in between; '' = all members
--   reply  of each message { uid … }
local devices = KEYS[2]
local reply = {}
for i, named in ipairs(ARGV) do
  local uids = {}
  if named == '' then
    uids = redis.call('SINTER', KEYS[i + 2], devices)
  else
    for uid in string.gmatch(named, '%S+') do
      if redis.call('SISMEMBER', devices, uid) == 1 then uids[#uids + 1] = uid end
    end
  end
  reply[i] = uids
end
return reply
