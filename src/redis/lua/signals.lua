-- Signals: what the nodes tell whoever listens right now, and nobody else ever. They are in no inbox and have no cursor; who
-- may have missed one is told so (`stale`), and reads anew what they are about. A second stream beside the feed, so that a
-- burst of them pushes no delivery out.
--
--   signal(kind, log, recipients, data)
--     kind        a name of Signals in src/domain/signals.ts, which says what the client gets
--     log         the conversation's log, or '' where it is about none; each recipient gets the name of its own
--     recipients  { uid, … }: the streams of these users on all nodes; listeners() and listeners_among() make the usual ones. {} tells nobody,
--                 so that a script need not ask
--     data        { name, value, … } as the kind's decoder takes them, all text
--   Returns nil, or why it was refused (the key is no stream, say); nodes notice that by themselves.
--
-- Call it after the last refusal and after the writes that it tells of. A script that does declares `signals` among its keys.
-- An entry of the stream is  kind <kind> log <log> to <uid uid …> <name> <value> … ; a named space's has  space <name>  in front
-- @include "channel"
-- @include "direct"
-- @include "fan_out"

local SIGNALS_MAX = '10000'
-- Groups of more members than this have no signals, but for one's own devices. As RECEIPTS_MAX of src/domain/signals.ts.
local RECEIPTS_MAX = 100

-- Who has to know what `uid` does in a conversation: both of a direct chat, a group's members, or `uid` alone where they are
-- too many, or it is a channel. peer is '' in a group, members its key.
local function listeners(log, uid, peer, members)
  if peer ~= '' then return direct_recipients(uid, peer) end
  if is_channel(string.sub(log, 4)) then return { uid } end
  if redis.call('SCARD', members) > RECEIPTS_MAX then return { uid } end
  return redis.call('SMEMBERS', members)
end

-- The same among all who are in a conversation, where they are known.
local function listeners_among(all, uid) return #all > RECEIPTS_MAX and { uid } or all end

-- Numbers go on without holes, so that a reader sees a loss. A stream that was deleted begins beyond all that it ever had:
-- with the microseconds, faster than which nobody writes.
local function add_to_signals(...)
  local id = redis.pcall('XADD', signals_key(), 'NOMKSTREAM', 'MAXLEN', '~', SIGNALS_MAX, partition_epoch() .. '-*', ...)
  if not id then
    local time = redis.call('TIME')
    local first = string.format('%.0f', time[1] * 1000000 + time[2])
    id = redis.pcall('XADD', signals_key(), partition_epoch() .. '-' .. first, ...)
  end
  if not id.err then return end
  local _, why = add_beyond(move_partition_past, signals_key(), id, ...)
  return why and 'signals: ' .. why
end

-- Of a named space it is said whose it is.
local function add_signal(...)
  if SPACE then return add_to_signals('space', SPACE, ...) end
  return add_to_signals(...)
end

local function signal(kind, log, recipients, data)
  if #recipients == 0 then return end
  return add_signal('kind', kind, 'log', log, 'to', table.concat(recipients, ' '), unpack(data))
end

-- There always is the stream: who begins to follow it where there is none could not tell the first signal from a loss.
local function prepare_signals()
  if redis.call('EXISTS', signals_key()) == 0 then add_signal('kind', 'none', 'log', '', 'to', '') end
end
