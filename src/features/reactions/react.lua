-- Adds a person's reaction to a message, or takes it back. The message's author, if it may still read it, is told of a
-- person's first one.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, feed, journal, signals, fl:<actor>, and u:<actor>, u:<peer>, bl:<actor>,
--          bl:<peer>, c:<peer> in a direct chat, gi:<gid>, gm:<gid>, gr:<gid> in a group
--   ARGV   log, actor, peer ('' in a group), message id, reaction, 'add' | 'remove'
--   reply  { reactions of the message, those of the actor (both as ms:<log> has them), refused writes, the first one's reason }
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, CONTACTS_ONLY, GROUP_NOT_FOUND, NOT_MEMBER, MESSAGE_NOT_FOUND, MESSAGE_ERASED, NO_MESSAGE, TOO_MANY_REACTIONS
-- @include "fan_out"
-- @include "journal"
-- @include "signals"
-- @include "target"
local log, actor, peer, mid, reaction, adds = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6] == 'add'
local MAX_KINDS = 20

local found, recipients, refusal, in_channel = target_of(log, actor, peer, mid)
if refusal then return refusal end
if found[1] == 'erased' then
  -- Nothing is left to take back.
  if not adds then return { '', '', 0, '' } end
  return refuse('MESSAGE_ERASED', mid)
end
local flat = found[2]
if flat[5] == 'action' then return refuse('NO_MESSAGE', mid) end

local seq = seq_of(mid)
local before, mine = kept(log, seq, 'reactions') or '', kept(log, seq, 'by:' .. actor)
local own, has = {}, false
for one in string.gmatch(mine or '', '%S+') do
  if one == reaction then has = true else own[#own + 1] = one end
end
if has == adds then return { before, mine or '', 0, '' } end

local kinds, counts, known = {}, {}, false
for kind, count in string.gmatch(before, '(%S+) (%d+)') do
  count = tonumber(count)
  if kind == reaction then
    known = true
    count = count + (adds and 1 or -1)
  end
  if count > 0 then
    kinds[#kinds + 1] = kind
    counts[#counts + 1] = kind .. ' ' .. string.format('%.0f', count)
  end
end
if adds and not known then
  if #kinds >= MAX_KINDS then return refuse('TOO_MANY_REACTIONS', mid) end
  counts[#counts + 1] = reaction .. ' 1'
end
if adds then own[#own + 1] = reaction end
local reactions, now_mine = table.concat(counts, ' '), table.concat(own, ' ')

keep(log, seq, 'reactions', reactions)
-- What was taken back stays as '': the author was told of this person, and is not again.
keep(log, seq, 'by:' .. actor, now_mine)
signal('reaction', log, in_channel and {} or listeners_among(recipients, actor),
  { 'target', mid, 'uid', actor, 'reaction', reaction, 'added', adds and '1' or '0', 'reactions', reactions })
tell_of(journal_message(adds and 'reaction.added' or 'reaction.removed', log, mid, actor, in_channel, 'reaction', reaction))
local author, failed, reason = flat[2], 0, ''
local is_there = peer ~= '' or redis.call('SISMEMBER', members_key(string.sub(log, 4)), author) == 1
-- In a channel those who react may be so many that they would push all else out of the author's inbox.
if not in_channel and not mine and author ~= actor and is_there and #readers_of(log, mid, { author }) > 0 then
  local entry = { 'uid', actor, 'n', '0', 'action', 'react', 'target', mid, 'reaction', reaction }
  -- It is in no log: no entry of one has the number 0.
  failed, reason = fan_out(log, now_ms() .. '-0', entry, { author }, entry)
end
return { reactions, now_mine, failed, reason }
