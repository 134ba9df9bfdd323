-- Who has written a message: the uid alone does not tell, since a former user may have had the same.
-- @include "reading"

-- What was sent to a log up to this message is a former user's of this name; nil where there was none.
local function end_of_former(uid, log) return redis.call('HGET', removed_user_key(uid), log) or nil end

-- `flat` is an entry of the log.
local function is_author(uid, log, mid, flat) return flat[2] == uid and not is_below(mid, end_of_former(uid, log)) end
