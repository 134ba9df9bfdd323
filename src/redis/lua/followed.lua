-- A conversation as somebody follows it: who still may, and what tells it apart from a former one of its name.
-- @include "begin"
-- @include "log"
-- @include "reading"

-- Returns { epoch, incarnation = of the group ('0' in a direct chat), reader = incarnation of the reader, floor = the message up
-- to which it reads nothing, or nil }, or nil and the refusal. peer is '' in a group.
local function follow(log, reader, peer)
  if redis.call('EXISTS', user_key(reader)) == 0 then return nil, refuse('USER_NOT_FOUND', reader) end
  local floor, refusal = reading(log, reader, peer)
  if refusal then return nil, refusal end
  return {
    epoch = EPOCH or '0',
    incarnation = peer == '' and redis.call('HGET', group_key(string.sub(log, 4)), 'incarnation') or '0',
    reader = redis.call('HGET', removed_user_key(reader), 'incarnation') or '0',
    floor = floor,
  }
end

-- The newest position of a log. Before its first entry it is one that is no start: what is trimmed after it is missed.
local function end_of_log(log)
  local id = newest(log_key(log))
  return id == '0-0' and '1-0' or id
end
