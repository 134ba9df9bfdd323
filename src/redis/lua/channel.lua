-- Channels: groups that their log alone delivers. Nothing here reads all members of one, however many there are.
-- @include "names"
-- @include "own_fields"
-- @include "refusals"

local function is_channel(gid) return redis.call('HGET', group_key(gid), 'kind') == 'channel' end

-- Of some people those who are there: nothing may bring the keys of a removed user back.
local function people_left(uids)
  local there = {}
  for _, uid in ipairs(uids) do
    if redis.call('EXISTS', user_key(uid)) == 1 then there[#there + 1] = uid end
  end
  return there
end

-- Whom a message of a channel reaches beside its log: the people that it mentions. `mentions` is nil where it has none.
local function mentioned_members(gid, mentions, from)
  local uids = {}
  for uid in string.gmatch(mentions or '', '[^%s*]+') do
    if uid ~= from and redis.call('SISMEMBER', members_key(gid), uid) == 1 then uids[#uids + 1] = uid end
  end
  return uids
end

-- The same of an entry of its log.
local function mentioned_in(gid, flat, actor) return mentioned_members(gid, own_value(flat, 'mentions'), actor) end
