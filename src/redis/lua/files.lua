-- Files: fi:<id> has what is known of one, fm:<id> the messages that carry it, `<log> <mid>`, fp:<uid> those of a user that no
-- message carries, with their bytes; im:files has all, scored by when the janitor looks at one next.
-- @include "clock"
-- @include "names"
-- @include "reading"

-- How long a file is kept that no message carries.
local FILE_KEPT_MS = 86400000

local function next_look(now) return string.format('%.0f', tonumber(now) + FILE_KEPT_MS) end

-- Users of one name that came one after the other are told apart by how many were removed before.
local function incarnation_of(uid) return redis.call('HGET', removed_user_key(uid), 'incarnation') or '' end

local function is_uploader(uid, owner, incarnation)
  return uid == owner and (incarnation or '') == incarnation_of(uid)
end

-- The other person of a direct chat's log, '' of a group's; nil if it is a chat of others.
local function peer_in(log, uid)
  if string.sub(log, 1, 3) ~= 'ds:' then return '' end
  local one, other = string.match(log, '^ds:([^:]+):(.+)$')
  if uid ~= one and uid ~= other then return nil end
  return uid == one and other or one
end

-- How many messages of one log that carry the same file are looked at: the newest are likely to be there.
local TRIED_OF_LOG = 100

-- The entry of a message in a log that carries a file, and that `reader` may read; nil if there is none.
local function carrier_in(log, id, reader)
  local peer = peer_in(log, reader)
  if not peer then return nil end
  local found = redis.call('ZREVRANGEBYLEX', file_messages_key(id), '(' .. log .. '!', '[' .. log .. ' ', 'LIMIT', 0, TRIED_OF_LOG)
  if #found == 0 then return nil end
  local floor, refusal = reading(log, reader, peer)
  if refusal then return nil end
  for _, ref in ipairs(found) do
    local mid = string.sub(ref, #log + 2)
    local entry = not is_below(mid, floor) and redis.call('XRANGE', log_key(log), mid, mid)[1]
    if entry then return entry end
  end
end

-- Up to so many messages are gone through; where more carry a file, the reader's conversations are.
local FEW_MESSAGES = 100

-- The entry of a message that carries a file, and that `reader` may read; nil if there is none.
local function carrier_for(reader, id)
  local key, logs, seen = file_messages_key(id), {}, {}
  if redis.call('ZCARD', key) > FEW_MESSAGES then
    logs = redis.call('HKEYS', read_key(reader))
  else
    for _, ref in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      local log = string.match(ref, '^%S+')
      if not seen[log] then logs[#logs + 1] = log end
      seen[log] = true
    end
  end
  for _, log in ipairs(logs) do
    local entry = carrier_in(log, id, reader)
    if entry then return entry end
  end
end

-- No message carries a file any more: it counts as its uploader's again, if that one is still there, and is collected later.
local function set_unused(id, now)
  local owner, incarnation, size = unpack(redis.call('HMGET', file_key(id), 'owner', 'incarnation', 'size'))
  if not owner then return end
  redis.call('HSET', file_key(id), 'unusedSince', now)
  redis.call('ZADD', files_key(), next_look(now), id)
  if redis.call('EXISTS', user_key(owner)) == 1 and is_uploader(owner, owner, incarnation) then
    redis.call('HSET', pending_files_key(owner), id, size or '0')
  end
end
