-- Whether somebody may send now: what makes an entry for somebody else asks here.
-- @include "clock"
-- @include "names"
-- @include "order"
-- @include "roles"

-- Whether one of two people has blocked the other. Returns nil, or the refusal. Two calls at most.
local function check_blocks(from, peer)
  if redis.call('ZSCORE', blocks_key(peer), from) then return refuse('BLOCKED', peer) end
  if redis.call('ZSCORE', blocks_key(from), peer) then return refuse('MUST_UNBLOCK', peer) end
end

-- Whether a person takes messages of somebody, as its directPolicy says.
local function takes_messages(peer, from)
  return redis.call('HGET', user_key(peer), 'directPolicy') ~= 'contacts'
    or redis.call('ZSCORE', contacts_key(peer), 'user:' .. from) ~= false
end

-- In a direct chat: both are there, neither has blocked the other, and the peer takes messages of `from`. Returns nil, or
-- the refusal.
local function may_send_direct(from, peer)
  local from_key, peer_key = user_key(from), user_key(peer)
  -- One call for most: a key that is named three times counts three times, so 6 are two people, neither of whom has
  -- blocked anybody.
  local count = redis.call('EXISTS', from_key, from_key, from_key, peer_key, peer_key, peer_key, blocks_key(from),
    blocks_key(peer))
  if count < 6 then return refuse('USER_NOT_FOUND', redis.call('EXISTS', from_key) == 0 and from or peer) end
  if from == peer then return nil end
  local refusal = count > 6 and check_blocks(from, peer)
  if refusal then return refusal end
  if not takes_messages(peer, from) then return refuse('CONTACTS_ONLY', peer) end
end

-- In a group, of which `from` is a member; `master` and `post_policy` are what the group's hash says. One call at most.
-- Returns nil, or the refusal.
local function may_send_group(gid, from, master, post_policy)
  local role, silenced_until = standing(gid, from, master)
  if silenced_until ~= '0' and less(now_ms(), silenced_until) then
    return refuse('SILENCED', gid .. ' ' .. silenced_until)
  end
  if not allows(post_policy == 'admins' and 'sendRestricted' or 'send', role) then
    return refuse('POSTING_RESTRICTED', gid)
  end
end
