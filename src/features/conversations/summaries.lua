#!lua flags=no-writes
-- What a list of conversations shows of some.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, then of each conversation the log, ms:<log>, er:<log>, ma:<log>
--   ARGV   uid, 'last' | 'counts' (without the newest message), log, log, …
--   reply  for each: { read mark ('' if it is not in the list), unread, unread mentions, settings (JSON, '' if none), the newest
--          message as `shown` of src/redis/lua/shown.lua replies it ('' if there is none) }
-- @include "listing"
-- @include "shown"
-- @include "unread"
local uid, shows_last = ARGV[1], ARGV[2] == 'last'
local marks, floors, mentions, settings = KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function summary_of(log)
  local mark = redis.call('HGET', marks, log)
  if not mark then return { '' } end
  local _, n, last = newest(log_key(log))
  local floor = redis.call('HGET', floors, log)
  if not is_listed(last, floor) then return { '' } end
  local found = shows_last and last ~= '0-0' and find(log, last)
  return {
    mark,
    unread_of(log, mark, n),
    unread_mentions_of(log, uid, mark, redis.call('HGET', mentions, log)),
    redis.call('HGET', settings, log) or '',
    found and shown(log, uid, { found })[1] or '',
  }
end

local reply = {}
for i = 3, #ARGV do reply[i - 2] = summary_of(ARGV[i]) end
return reply
