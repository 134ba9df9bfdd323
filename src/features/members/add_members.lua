-- Makes several users members at once; one event tells of all.
--   KEYS   im:meta, gi:<gid>, gm:<gid>, gr:<gid>, gb:<gid>, gq:<gid>, gs:<gid>, feed, journal, and of each: u: c: rd: rq: fl: ru: sn: lf:
--   ARGV   gid, actor ('' = the server), uid …
--   reply  { outcomes, refused writes, reason }; an outcome is { 'joined' | 'already', role, silenced until ms } or
--          { 'USER_NOT_FOUND' | 'BANNED' | 'GROUP_FULL', subject }
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN
-- @include "group"
-- @include "journal"
-- @include "membership"
-- @include "roles"
local info, members, bans = KEYS[2], KEYS[3], KEYS[5]
local gid, actor = ARGV[1], ARGV[2]

local master, history_policy, kind = unpack(redis.call('HMGET', info, 'master', 'historyPolicy', 'kind'))
local in_channel = kind == 'channel'
if not master then return refuse('GROUP_NOT_FOUND', gid) end
local refusal = check('add', gid, actor, master)
if refusal then return refusal end

local told = in_channel and {} or redis.call('SMEMBERS', members)
local is_member, joined, outcomes = {}, {}, {}
for _, uid in ipairs(told) do is_member[uid] = true end
for i = 3, #ARGV do
  local uid = ARGV[i]
  if is_member[uid] or in_channel and redis.call('SISMEMBER', members, uid) == 1 then
    outcomes[#outcomes + 1] = { 'already', standing(gid, uid, master) }
  elseif redis.call('EXISTS', user_key(uid)) == 0 then
    outcomes[#outcomes + 1] = { 'USER_NOT_FOUND', uid }
  elseif redis.call('ZSCORE', bans, uid) then
    outcomes[#outcomes + 1] = { 'BANNED', gid }
  elseif not in_channel and #told >= GROUP_MAX then
    outcomes[#outcomes + 1] = { 'GROUP_FULL', gid }
  else
    is_member[uid] = true
    told[#told + 1], joined[#joined + 1] = uid, uid
    outcomes[#outcomes + 1] = { 'joined', standing(gid, uid, master) }
  end
end
if #joined == 0 then return { outcomes, 0, '' } end

local fields = joined[2] and { 'members', table.concat(joined, ' ') } or {}
local failed, reason, message
if in_channel then
  message = newest_of(gid)
  failed, reason = tell_apart(gid, joined[1], done_by('join', actor, joined[1]), fields, joined)
else
  failed, reason, message = tell_group(gid, joined[1], done_by('join', actor, joined[1]), fields, told)
end
for _, uid in ipairs(joined) do
  journal_member('member.joined', gid, uid, actor)
  admit(gid, uid, message, history_policy)
end
return { outcomes, failed, reason }
