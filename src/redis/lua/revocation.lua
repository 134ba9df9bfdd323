-- Tokens that are refused although they have not expired: the nodes are told, and end the streams that have them.
-- @include "fan_out"

-- Those that were issued for a user up to now. `why` is a code of src/domain/errors.ts.
local function revoke_tokens(uid, why)
  local second = string.format('%.0f', math.floor(tonumber(now_ms()) / 1000))
  redis.call('ZADD', revoked_key(), 'GT', second, uid)
  tell_nodes(epoch(), 'revoked', uid, 'until', second, 'why', why)
end
