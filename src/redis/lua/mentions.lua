-- Mentions: mn:<uid> has those of one person that are not read, for each log; ma:<log> the messages that mention everybody.
-- @include "message_state"

local MENTIONS_KEPT = 100

-- The ids of a list, in its order, those alone that `keeps` says.
local function filter_ids(list, keeps)
  local ids = {}
  for id in string.gmatch(list or '', '%S+') do
    if keeps(id) then ids[#ids + 1] = id end
  end
  return ids
end

local function write_mentions(uid, log, ids)
  if #ids == 0 then redis.call('HDEL', mentions_key(uid), log)
  else redis.call('HSET', mentions_key(uid), log, table.concat(ids, ' ', math.max(1, #ids - MENTIONS_KEPT + 1))) end
end

-- Notes whom a message mentions: uids with spaces in between, or '*'.
local function note_mentions(log, mid, from, mentions)
  if mentions == '*' then
    redis.call('ZADD', mentions_of_all_key(log), seq_of(mid), mid)
    return
  end
  for uid in string.gmatch(mentions, '%S+') do
    if uid ~= from then
      local ids = filter_ids(redis.call('HGET', mentions_key(uid), log), function() return true end)
      ids[#ids + 1] = mid
      write_mentions(uid, log, ids)
    end
  end
end

-- An erased message mentions nobody any more. `mentions` is nil where it never did.
local function forget_mentions(log, mid, mentions)
  if not mentions then return end
  redis.call('ZREM', mentions_of_all_key(log), mid)
  for uid in string.gmatch(mentions, '[^%s*]+') do
    local ids = filter_ids(redis.call('HGET', mentions_key(uid), log), function(id) return id ~= mid end)
    write_mentions(uid, log, ids)
  end
end

-- Those up to `mid` are read.
local function read_mentions(uid, log, mid)
  local list = redis.call('HGET', mentions_key(uid), log)
  if list then write_mentions(uid, log, filter_ids(list, function(id) return id_less(mid, id) end)) end
end
