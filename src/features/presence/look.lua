#!lua flags=no-writes
-- Who is there, as far as who asks may know: oneself, and whoever the user has as a contact or in a
-- direct chat and has not blocked; all for the server.
--   KEYS   im:meta, then of each question u:<uid>, pr:<uid>, c:<uid>, rd:<uid>, bl:<uid>
--   ARGV   of each question who asks ('' = the server), uid, the log of the two
--   reply  of each question '' (nothing may be known), or '1' | '0' (there or not) and when last seen ('' if never): '1 1790…'
-- @include "presence"
local reply = {}
for i = 1, #ARGV / 3 do
  local asker, uid, log = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  local key = 5 * i - 3
  local may_know = redis.call('EXISTS', KEYS[key]) == 1
    and (asker == '' or asker == uid
      or (redis.call('ZSCORE', KEYS[key + 2], 'user:' .. asker) or redis.call('HEXISTS', KEYS[key + 3], log) == 1)
        and not redis.call('ZSCORE', KEYS[key + 4], asker))
  if may_know then
    local online, seen = presence_of(KEYS[key + 1])
    reply[i] = (online and '1 ' or '0 ') .. (seen or '')
  else
    reply[i] = ''
  end
end
return reply
