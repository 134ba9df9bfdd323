-- Read marks: how far a user has read each conversation; they are the user's list of conversations.
-- @include "names"

local function mark_read(uid, message) redis.call('HSET', read_key(uid), message.log, message.n .. ' ' .. message.id) end

-- An entry makes its conversation appear for somebody, everything before it read.
local function appear(uid, message)
  redis.call('HSETNX', read_key(uid), message.log, message.last_n .. ' ' .. message.last_id)
end

-- The conversation is none of the user's any more.
local function forget_conversation(uid, log)
  redis.call('HDEL', read_key(uid), log)
  redis.call('HDEL', floors_key(uid), log)
  redis.call('HDEL', mentions_key(uid), log)
  redis.call('HDEL', settings_key(uid), log)
end
