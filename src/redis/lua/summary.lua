-- A conversation as its reader finds it.
-- @include "listing"
-- @include "shown"
-- @include "unread"

-- Returns { read mark ('' if it is not in the list), unread, unread mentions, settings (JSON, '' if none), the newest message
-- as `shown` replies it ('' if there is none, or it is not asked for) }
local function summary_of(uid, log, shows_last)
  local mark = redis.call('HGET', read_key(uid), log)
  if not mark then return { '' } end
  local _, n, last = newest(log_key(log))
  if not is_listed(last, floor_of(uid, log)) then return { '' } end
  local found = shows_last and last ~= '0-0' and find(log, last)
  return {
    mark,
    unread_of(log, mark, n),
    unread_mentions_of(log, mark, redis.call('HGET', mentions_key(uid), log)),
    redis.call('HGET', settings_key(uid), log) or '',
    found and shown(log, uid, { found })[1] or '',
  }
end
