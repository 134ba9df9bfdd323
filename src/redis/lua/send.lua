-- Sends one message: the log, the idempotency key, every recipient's inbox and the feed, all or nothing.
-- @include "audience"
-- @include "authors"
-- @include "channel"
-- @include "fan_out"
-- @include "fields"
-- @include "journal"
-- @include "log"
-- @include "marks"
-- @include "own_fields"
-- @include "refusals"

-- What an earlier send under the same clientMessageId left, if it holds for this user and this group and not for
-- former ones of the same name. `incarnation` is the group's, '' in a direct chat.
local function sent_before(record, log, from, incarnation)
  local mid, digest, of_incarnation = string.match(record, '^(%S+) (%S+) ?(%S*)$')
  if of_incarnation ~= incarnation then return nil end
  if is_below(mid, end_of_former(from, log)) then return nil end
  -- That end is noted when somebody of the name joins again: until then all from before the removal is the former one's.
  local removed_at = redis.call('HGET', removed_user_key(from), 'removedAt')
  if removed_at and less((split_id(mid)), removed_at) then return nil end
  return mid, digest
end

-- The answer to a repeated send, or nil where this is none.
local function repeated(record, log, from, incarnation, digest)
  if not record then return nil end
  local mid, first_digest = sent_before(record, log, from, incarnation)
  if not mid then return nil end
  if first_digest ~= digest then return refuse('CLIENT_MESSAGE_ID_REUSED', mid) end
  local entry = redis.call('XRANGE', log_key(log), mid, mid)[1]
  return { 'repeated', mid, entry and entry[2] or {} }
end

-- `idempotency` is the key that remembers the send, false where a repeat is another message; peer is '' in a group, cid ''
-- where the sender gave none; about is nil, or what the message refers to, as addressing.lua has it, or the event that it is.
-- Returns { 'sent', message id, refused writes, the first one's reason, how many inboxes were written, what is shown of the
--   attachments, as JSON (nil if there are none) },
--   { 'repeated', message id, entry (flat; empty if erased or trimmed since) }, or a refusal: CLIENT_MESSAGE_ID_REUSED,
--   USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, CONTACTS_ONLY, GROUP_NOT_FOUND, NOT_MEMBER, SILENCED,
--   POSTING_RESTRICTED, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE, EMPTY_MESSAGE, MESSAGE_NOT_FOUND (reply), MENTION_OUTSIDE, MENTION_OF_ALL,
--   FILE_NOT_FOUND
local function send(idempotency, log, from, peer, cid, digest, ttl, fields, about)
  local recipients, refusal, incarnation, in_channel = audience(log, from, peer)
  if refusal then
    -- What was sent while it was allowed is stored, and its repeat says so.
    local may_be_stored = incarnation and refusal.err ~= 'USER_NOT_FOUND ' .. from
    return may_be_stored and repeated(idempotency and redis.call('GET', idempotency), log, from, incarnation, digest) or refusal
  end
  if #fields == 0 and not (about and about.attachments) then return refuse('EMPTY_MESSAGE', '') end
  refusal = check_fields(fields, MESSAGE_OWN) or (about and about.check(log, from, peer, about))
  if refusal then
    -- What a message refers to may have gone since it was sent.
    return repeated(about and idempotency and redis.call('GET', idempotency), log, from, incarnation, digest) or refusal
  end

  local is_event = about and about.action
  local own = { cid = cid ~= '' and cid or nil }
  if about then
    own.action, own.reply, own.mentions, own.attachments = about.action, about.reply, about.mentions, about.shown_attachments
    own.silent = about.silent
  end
  local message = next_entry(log, from, own, fields)
  local record = message.id .. ' ' .. digest
  if incarnation ~= '' then record = record .. ' ' .. incarnation end
  local earlier = idempotency and redis.call('SET', idempotency, record, 'NX', 'GET', 'PX', ttl)
  if earlier then
    local answer = repeated(earlier, log, from, incarnation, digest)
    if answer then return answer end
    redis.call('SET', idempotency, record, 'PX', ttl)
  end
  local is_appended, problem = pcall(append, message)
  if not is_appended then
    if idempotency then redis.call('DEL', idempotency) end
    error(problem)
  end
  if about then about.note(log, message.id, from, about) end
  -- Who writes has read what was before; an event is of the server.
  if is_event then appear(from, message) else mark_read(from, message) end
  if peer ~= '' and peer ~= from then appear(peer, message) end
  if in_channel and about then recipients = mentioned_members(string.sub(log, 4), about.mentions, from) end
  journal_message(is_event and 'event.created' or 'message.created', log, message.id, from, in_channel)
  local failed, reason = fan_out(log, message.id, message.entry, recipients, {})
  return { 'sent', message.id, failed, reason, #recipients, own.attachments }
end

-- What `send` returns, for a script to reply with: of a message without attachments that was sent, and that nothing
-- refused, the id alone.
local function in_short(outcome)
  if outcome[1] == 'sent' and outcome[3] == 0 and not outcome[6] then return outcome[2] end
  return outcome
end
