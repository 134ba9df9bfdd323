-- Direct chats: two people, one log, whoever begins.
-- @include "fan_out"
-- @include "log"

local function direct_log(a, b)
  if bytes_less(a, b) then return 'ds:' .. a .. ':' .. b end
  return 'ds:' .. b .. ':' .. a
end

local function direct_recipients(from, peer)
  if from == peer then return { from } end
  return { from, peer }
end

-- Those of the two who are there: nothing may bring the keys of a removed user back.
local function direct_recipients_left(from, peer)
  if redis.call('EXISTS', user_key(peer)) == 0 then return { from } end
  return direct_recipients(from, peer)
end

local function mark_read(uid, message) redis.call('HSET', read_key(uid), message.log, message.n .. ' ' .. message.id) end

-- A direct message makes the conversation appear for the other person, everything before it read.
local function appear(uid, message, is_message)
  local n = message.n
  if is_message then n = string.format('%.0f', tonumber(n) - 1) end
  redis.call('HSETNX', read_key(uid), message.log, n .. ' ' .. message.last_id)
end

-- The message below which a user reads nothing of a log, or nil: what a former user of the same name was told.
local function floor_of(uid, log) return redis.call('HGET', floors_key(uid), log) or nil end

-- A system event in the direct chat of two people.
local function tell_direct(from, peer, own, fields)
  local message = next_entry(direct_log(from, peer), from, own, fields)
  local recipients = direct_recipients_left(from, peer)
  append(message)
  mark_read(from, message)
  if recipients[2] then appear(peer, message, false) end
  return fan_out(message.log, message.id, message.entry, recipients, {})
end
