-- Who may read a conversation, and how far back.
-- @include "names"
-- @include "order"
-- @include "refusals"

-- Whether a group is there and has this member. Returns nil, or the refusal.
local function check_member(gid, uid)
  if redis.call('EXISTS', group_key(gid)) == 0 then return refuse('GROUP_NOT_FOUND', gid) end
  if redis.call('SISMEMBER', members_key(gid), uid) == 0 then return refuse('NOT_MEMBER', gid) end
end

-- The message up to which a user reads nothing of a log, or nil: a former user of the name was told it, it was hidden, or it
-- was before a member came.
local function floor_of(uid, log) return redis.call('HGET', floors_key(uid), log) or nil end

-- Returns the message up to which `reader` reads nothing (nil: all), or nil and the refusal. `peer` is '' in a group.
local function reading(log, reader, peer)
  if peer == '' then
    local refusal = check_member(string.sub(log, 4), reader)
    if refusal then return nil, refusal end
  elseif redis.call('EXISTS', user_key(peer), log_key(log)) == 0 then
    -- The messages of somebody who was removed stay readable; a chat with somebody who never was is a mistake.
    return nil, refuse('USER_NOT_FOUND', peer)
  end
  return floor_of(reader, log)
end

local function is_below(mid, floor) return floor and not id_less(floor, mid) end

local FLOORS_AT_ONCE = 50

-- Those of some users who may read a message of a log: the others were not told it, or a former user of the name was.
local function readers_of(log, mid, uids)
  local readers = {}
  for first = 1, #uids, FLOORS_AT_ONCE do
    local last = math.min(first + FLOORS_AT_ONCE - 1, #uids)
    local keys = {}
    for i = first, last do keys[#keys + 1] = floors_key(uids[i]) end
    -- Most have no floor anywhere: then one call answers for all of them.
    local has_floors = redis.call('EXISTS', unpack(keys)) > 0
    for i = first, last do
      if not has_floors or not is_below(mid, floor_of(uids[i], log)) then readers[#readers + 1] = uids[i] end
    end
  end
  return readers
end
