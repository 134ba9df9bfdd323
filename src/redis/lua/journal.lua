-- The journal: what is decided in the space, once each and in its order, for whoever follows from outside. It is written by
-- the script that decides it, and only while somebody wants it: `wants` of im:meta says until when (ms), as the leases of its
-- consumers have it, and is there exactly as long as nothing is left out. Its ids are <epoch>-<n> without holes; where nobody
-- wanted it for a while there is a hole of one, so that whoever comes back sees that something is missing.
--
-- An entry is  type <type> at <ms> <name> <value> …  and names what it is about: a message by its log and its id, so that
-- its text is in its log alone, and goes when it is erased.
-- @include "clock"
-- @include "epoch"
-- @include "fan_out"
-- @include "level"

-- Nodes of an older version write nothing into it.
local LEVEL_OF_JOURNAL = 2

-- Returns the id, or nil where the key is no stream.
local function add_to_journal(...)
  return (add_to_stream(move_epoch_past, journal_key(), JOURNAL_MAX, epoch(), ...))
end

-- From here on everything is written, until a moment (ms). What was not is a hole.
local function open_journal(up_to)
  local hole = add_to_journal('type', 'hole')
  if not hole then return end
  redis.call('XDEL', journal_key(), hole)
  WANTS = up_to
  redis.call('HSET', META_KEY, 'wants', WANTS)
end

-- From here on nothing is. `keeps` what there is, for whoever comes back.
local function close_journal(keeps)
  WANTS = nil
  redis.call('HDEL', META_KEY, 'wants')
  if not keeps then redis.call('XTRIM', journal_key(), 'MAXLEN', 0) end
end

-- Whether it is written now.
local function is_wanted()
  if JOURNAL_ON then
    if not WANTS and LEVEL >= LEVEL_OF_JOURNAL then open_journal('0') end
    return WANTS
  end
  if not WANTS then return false end
  if less(now_ms(), WANTS) then return true end
  -- Noted, for a clock that is set back must not make it look as if nothing had been left out.
  close_journal()
  return false
end

-- Notes what was decided. Call it after the last refusal. What the journal refuses (its key is no stream, say) ends it, so that
-- its consumers are told of a gap.
local function journal(type, ...)
  if not is_wanted() then return end
  local id = add_to_journal('type', type, 'at', now_ms(), ...)
  if id then return id end
  close_journal(true)
  redis.log(redis.LOG_WARNING, 'redisim: the journal is no stream, and is not written')
end

-- The same of what nobody else is told of: then the nodes are told that there is something to read.
local function tell_of(id)
  if id then tell_nodes(epoch(), 'journal', id) end
end

local function journal_alone(...) tell_of(journal(...)) end

-- The same of a message, a change of one, or what is about one: `uid` is who has done it. Returns the id, if any.
local function journal_message(type, log, mid, uid, in_channel, ...)
  if not WANTS and not JOURNAL_ON then return end
  if in_channel then return journal(type, 'log', log, 'mid', mid, 'uid', uid, 'kind', 'channel', ...) end
  return journal(type, 'log', log, 'mid', mid, 'uid', uid, ...)
end

-- The same of what happens to a member: `actor` is who has done it, '' the server's own backend. Returns the id, if any.
local function journal_member(type, gid, uid, actor, ...)
  if not WANTS and not JOURNAL_ON then return end
  if actor ~= '' and actor ~= uid then return journal(type, 'gid', gid, 'uid', uid, 'by', actor, ...) end
  return journal(type, 'gid', gid, 'uid', uid, ...)
end

local function journal_member_alone(...) tell_of(journal_member(...)) end
