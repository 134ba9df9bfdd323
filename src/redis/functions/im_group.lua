-- Reads a group, creates one, or sets fields of one. Who creates it owns it; the owner and admins may change it.
--   words  gid, or gid, uid, field, value, …
--   reply  without a uid { 'master', uid of the owner, 'joinPolicy', p, 'createdAt', ms[, 'postPolicy', p][, 'historyPolicy', p][, 'kind', 'channel'], field, value, … };
--          else 'created' | 'changed'
--   refuses  GROUP_NOT_FOUND, NOT_ADMIN, USER_NOT_FOUND, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE
-- @include "offer"
-- @include "words"
-- @command "groups/put_group"
local USAGE = 'im_group 0 gid [uid field value ...]'

local function group_of(gid)
  local hash, group = redis.call('HGETALL', group_key(gid)), {}
  for i = 1, #hash, 2 do
    if hash[i] ~= 'incarnation' then group[#group + 1], group[#group + 2] = hash[i], hash[i + 1] end
  end
  return #group > 0 and group or refuse('GROUP_NOT_FOUND', gid)
end

offer('im_group', {}, function(words)
  local refusal = check_first(words, words[2] and { 'gid', 'uid' } or { 'gid' }, USAGE)
  if refusal then return refusal end
  local gid, uid = words[1], words[2]
  if not uid then return group_of(gid) end
  local fields, problem = fields_from(words, 3, USAGE)
  if problem then return problem end

  local keys = { META_KEY, group_key(gid), members_key(gid), log_key('gs:' .. gid), roles_key(gid), groups_key(),
    feed_key(), receipts_key('gs:' .. gid), user_key(uid), contacts_key(uid), read_key(uid) }
  local mode = redis.call('EXISTS', group_key(gid)) == 1 and 'merge' or 'replace'
  local reply = put_group(keys, { gid, mode, uid, '', '', '', '', '', #fields / 2, unpack(fields) })
  if reply.err then return reply end
  warn_of(reply[10], reply[11])
  return reply[1]
end)
