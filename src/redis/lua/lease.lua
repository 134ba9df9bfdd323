-- What one node of several does at a time.

-- Whether the node has the lease now, for so long, ms: it had it, or nobody did.
local function takes_lease(key, node, ms)
  local holder = redis.call('GET', key)
  if holder and holder ~= node then return false end
  redis.call('SET', key, node, 'PX', ms)
  return true
end
