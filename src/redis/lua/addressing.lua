-- What a message refers to: the message that it replies to, whom it mentions, and the files that it carries; and whether it
-- is silent.
-- @include "attachments"
-- @include "channel"
-- @include "mentions"
-- @include "own_fields"
-- @include "replies"
-- @include "roles"
-- @include "shown"

-- Returns nil, or the refusal.
local function check_reply(log, from, target)
  local found = find_above(floor_of(from, log), log, target)
  if not found or found[1] == 'erased' or found[2][5] == 'action' then return refuse('MESSAGE_NOT_FOUND', target) end
end

-- The same for mentions: uids with spaces in between, or '*' for everybody. `peer` is '' in a group.
local function check_mentions(log, from, peer, mentions)
  local gid = string.sub(log, 4)
  if mentions == '*' then
    if peer ~= '' then return refuse('MENTION_OUTSIDE', '*') end
    if is_channel(gid) then return refuse('OFF_IN_CHANNELS', gid) end
    local role = standing(gid, from, redis.call('HGET', group_key(gid), 'master'))
    if not allows('mentionAll', role) then return refuse('MENTION_OF_ALL', gid) end
    return nil
  end
  for uid in string.gmatch(mentions, '%S+') do
    local is_in = uid == from or uid == peer or peer == '' and redis.call('SISMEMBER', members_key(gid), uid) == 1
    if not is_in then return refuse('MENTION_OUTSIDE', uid) end
  end
end

local function check_addressing(log, from, peer, about)
  return about.reply and check_reply(log, from, about.reply)
    or about.mentions and check_mentions(log, from, peer, about.mentions)
    or about.attachments and check_attachments(from, about)
    or nil
end

local function note_addressing(log, mid, from, about)
  if about.reply then note_reply(log, mid, about.reply) end
  if about.mentions then note_mentions(log, mid, from, about.mentions) end
  if about.attachments then note_attachments(log, mid, about.attachments) end
end

-- What `send` takes as what a message refers to: nil if nothing. Each is '' where there is none; attachments are JSON, and
-- silent is '1'.
local function addressing(reply, mentions, attachments, silent)
  if reply == '' and mentions == '' and attachments == '' and silent == '' then return nil end
  return {
    reply = reply ~= '' and reply or nil,
    mentions = mentions ~= '' and mentions or nil,
    attachments = attachments ~= '' and cjson.decode(attachments) or nil,
    silent = silent ~= '' and silent or nil,
    check = check_addressing,
    note = note_addressing,
  }
end
