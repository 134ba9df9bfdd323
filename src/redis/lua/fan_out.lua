-- The way to recipients: a reference in each one's inbox, and the feed, which tells the nodes. Nothing else writes there.
-- @include "epoch"
-- @include "names"
-- @include "streams"

local FEED_BODY_BYTES = 2048
local FEED_RECIPIENTS = 500

-- Adds to a stream that has just refused the partial id of the epoch. If its newest id lies beyond the epoch, the epoch
-- moves past it: by `move_past`, the space's or the partition's. Returns the id; or nil and the reason of the refusal.
local function add_beyond(move_past, key, refusal, ...)
  local last = last_generated(key)
  local moved = last and move_past(split_id(last))
  if not moved then return nil, refusal.err end
  local id = redis.pcall('XADD', key, moved .. '-*', ...)
  if id.err then return nil, id.err end
  return id
end

-- Adds to a stream of an epoch that is to keep about `max` entries. Returns as add_beyond.
local function add_to_stream(move_past, key, max, at_epoch, ...)
  local id, why = redis.pcall('XADD', key, at_epoch .. '-*', ...), nil
  if id.err then id, why = add_beyond(move_past, key, id, ...) end
  if id then cut(key, id, max) end
  return id, why
end

local function add_to_feed(at_epoch, ...)
  local id, why = add_to_stream(move_partition_past, feed_key(), FEED_MAX, at_epoch, ...)
  if not id then return 'feed: ' .. why end
end

-- Adds one entry to the feed, about ids of an epoch. The default space's are those of the feed itself; of a named one the entry
-- says whose it is. Returns nil, or why it was refused.
local function tell_nodes(at_epoch, ...)
  if not SPACE then return add_to_feed(at_epoch, ...) end
  return add_to_feed(partition_epoch(), 'space', SPACE, 'epoch', at_epoch, ...)
end

-- Tells the nodes of a message: recipients is { uid, n, uid, n, … } of one epoch; entry is the message as the log holds
-- it. Returns nil, or why the feed refused.
local function publish(at_epoch, log, mid, recipients, entry)
  local refused
  if bytes_of(entry) > FEED_BODY_BYTES then entry = {} end
  -- Where nobody has it in an inbox, those who follow its log are told.
  for first = 1, math.max(1, #recipients), 2 * FEED_RECIPIENTS do
    local last = math.min(first + 2 * FEED_RECIPIENTS - 1, #recipients)
    local to = table.concat(recipients, ' ', first, last)
    refused = tell_nodes(at_epoch, 'log', log, 'mid', mid, 'to', to, unpack(entry)) or refused
  end
  return refused
end

-- Puts a reference to the message into each recipient's inbox, with one call for each, and tells the nodes.
-- `inline` is the message itself where its log is about to go ({} otherwise). A failure at one recipient is counted and
-- leaves no other without the message. Returns how many inboxes (and feed entries) refused, and the first one's reason
-- ('' if none).
local function fan_out(log, mid, entry, recipients, inline)
  local current = epoch()
  local partial_id, prefix = current .. '-*', #current + 2
  local reached, count, failed, reason = {}, 0, 0, ''
  -- The one loop whose length is the number of recipients: nothing in it that could be outside.
  local pcall, sub, byte, inbox_prefix, is_inline = redis.pcall, string.sub, string.byte, inbox_key(''), #inline > 0
  for i = 1, #recipients do
    local uid = recipients[i]
    local key = inbox_prefix .. uid
    local id
    if is_inline then
      id = pcall('XADD', key, partial_id, 'FW', log, 'mid', mid, unpack(inline))
    else
      id = pcall('XADD', key, partial_id, 'FW', log, 'mid', mid)
    end
    if id.err then
      local why
      id, why = add_beyond(move_epoch_past, key, id, 'FW', log, 'mid', mid, unpack(inline))
      if EPOCH ~= current then
        -- What was reached so far has ids of the epoch that just ended.
        local refused = count > 0 and publish(current, log, mid, reached, entry)
        if refused then failed, reason = failed + 1, reason == '' and refused or reason end
        current, reached, count = EPOCH, {}, 0
        partial_id, prefix = current .. '-*', #current + 2
      end
      if not id then
        failed = failed + 1
        if reason == '' then reason = uid .. ': ' .. why end
      end
    end
    if id then
      if byte(id, -1) == ZERO then cut(key, id, INBOX_MAX) end
      reached[count + 1], reached[count + 2] = uid, sub(id, prefix)
      count = count + 2
    end
  end
  local refused = publish(current, log, mid, reached, entry)
  if refused then failed, reason = failed + 1, reason == '' and refused or reason end
  return failed, reason
end
