-- Registers functions. Each call begins with the settings of im:meta, and a refusal is explained to whoever reads it.
-- @include "settings"

-- The codes are those of src/domain/errors.ts, in capitals; the last four only come about here.
local EXPLANATIONS = {
  USER_NOT_FOUND = 'there is no such user; create it with im_user',
  GROUP_NOT_FOUND = 'there is no such group; create it with im_group',
  NOT_MEMBER = 'only members of the group may do this',
  NOT_OWNER = 'only the owner of the group may do this',
  NOT_ADMIN = 'only the owner and the admins of the group may do this',
  BLOCKED = 'this person has blocked the user who acts',
  MUST_UNBLOCK = 'the user who acts has blocked this person, and has to unblock it first, through the HTTP API',
  CONTACTS_ONLY = 'this person takes messages of its contacts alone; im_link asks to become one',
  BANNED = 'the user is banned from the group; an admin lifts a ban through the HTTP API',
  SILENCED = 'the sender is silenced in the group until then, in ms since 1970',
  POSTING_RESTRICTED = 'only the owner and the admins of the group may send messages there',
  JOIN_CLOSED = 'the group is closed: its owner has to add members',
  GROUP_FULL = 'the group has as many members as a group may have',
  OWNER_MUST_HAND_OVER = 'the owner has to hand the group over first, through the HTTP API',
  MESSAGE_NOT_FOUND = 'the conversation has no such message (it may have been erased)',
  RESERVED_FIELD = 'this name is reserved; use another one for the field',
  FIELDS_TOO_LARGE = 'there may be at most 64 fields, 65536 bytes of names and values together',
  REMOVAL_UNFINISHED = 'a former user of this name is still being removed; DELETE it through the HTTP API once more',
  SCHEMA_MISMATCH = 'this is not the schema of the keys that the library needs; start the service of its version once, ' ..
    'with the same Redis and KEY_PREFIX',
  SETTINGS_MISSING = 'im:meta lacks the settings; start the service of the version of this library once',
  WRITER_LEVEL = 'the data is written at a level that this library does not know; load the library of a newer version',
}

local function explained(refusal)
  local code, subject = string.match(refusal, '^([A-Z_]+) ?(.*)$')
  local explanation = code and EXPLANATIONS[code]
  if not explanation then return refusal end
  return code .. ' ' .. (subject == '' and '' or subject .. ': ') .. explanation
end

local function offer(name, flags, work)
  local is_writing = flags[1] ~= 'no-writes'
  -- A function reaches keys that it can't declare.
  flags[#flags + 1] = 'no-cluster'
  redis.register_function({
    function_name = name,
    flags = flags,
    callback = function(keys, words)
      local reply = keys[2] and refuse('INVALID_REQUEST', 'there is at most one key, im:meta')
        or begin_with_settings(keys[1] or 'im:meta', is_writing)
        or work(words)
      if type(reply) == 'table' and reply.err then return { err = explained(reply.err) } end
      return reply
    end,
  })
end

-- An inbox that could not be written fails nobody else's; the service logs it, and so does a function.
local function warn_of(failed, reason)
  if failed > 0 then redis.log(redis.LOG_WARNING, 'redisim: ' .. failed .. ' writes of a message refused: ' .. reason) end
end
