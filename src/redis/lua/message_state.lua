-- What is kept of messages beside their log, which is only added to. ms:<log> has it under `<seq>:<what>`:
--   edit       JSON: { at = ms of the newest edit, ids = of all edits, fields = the newest fields, flat }
--   reactions  <reaction> <count> …, in the order in which they came
--   by:<uid>   what one person has reacted with, with spaces in between; '' if it took all of it back
--   replies    how many replies there are
--   erased     of an edit that went with its message: its id
--   run        the newest of the changes that follow this entry directly: who reads on passes over them by it
-- ch:<log> has these names, scored by seq, to find what belongs to one message, or to what retention has taken.
-- er:<log> has what stands in place of erased messages, scored by seq: <mid> <n> <from> <by> <erased at, ms>.
-- @include "log"

local function seq_of(mid)
  local _, seq = split_id(mid)
  return seq
end

local function kept(log, seq, what) return redis.call('HGET', state_key(log), seq .. ':' .. what) end

local function keep(log, seq, what, value)
  local name = seq .. ':' .. what
  redis.call('HSET', state_key(log), name, value)
  redis.call('ZADD', changed_key(log), seq, name)
end

-- Removes names, which may be more than one call takes.
local function drop(log, names)
  for first = 1, #names, 1000 do
    local last = math.min(first + 999, #names)
    redis.call('HDEL', state_key(log), unpack(names, first, last))
    redis.call('ZREM', changed_key(log), unpack(names, first, last))
  end
end

-- Forgets what is kept of an erased message, but what is about others: its replies, and where reading goes on.
local function forget_message(log, seq)
  local names = {}
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', changed_key(log), seq, seq)) do
    if name ~= seq .. ':replies' and name ~= seq .. ':run' then names[#names + 1] = name end
  end
  drop(log, names)
end

-- What stands in place of an erased message; nil if it was not erased.
local function tombstone_of(log, mid)
  local seq = seq_of(mid)
  local tombstone = redis.call('ZRANGEBYSCORE', erased_key(log), seq, seq)[1]
  return tombstone and string.match(tombstone, '^%S+') == mid and tombstone or nil
end

-- Appends a change, and notes how far the changes go that follow one another.
local function append_change(message)
  append(message)
  keep(message.log, seq_of(message.last), 'run', message.id)
end

-- How many messages one call forgets at most, about: there is another after the next hundred messages.
local TRIM_AT_ONCE = 1000

-- Forgets what is kept of messages that retention has taken.
local function trim_state(log)
  local first = redis.call('XRANGE', log_key(log), '-', '+', 'COUNT', 1)[1]
  if not first then return end
  local before = '(' .. seq_of(first[1])
  drop(log, redis.call('ZRANGEBYSCORE', changed_key(log), '-inf', before, 'LIMIT', 0, TRIM_AT_ONCE))
  redis.call('ZREMRANGEBYSCORE', erased_key(log), '-inf', before)
  redis.call('ZREMRANGEBYSCORE', replies_key(log), '-inf', before)
  redis.call('ZREMRANGEBYSCORE', mentions_of_all_key(log), '-inf', before)
end
