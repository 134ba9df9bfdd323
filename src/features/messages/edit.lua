-- Edits a message: an `edit` change tells everybody who may read it the new fields.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, feed, journal, fl:<actor>, ru:<actor>, and u:<actor>, u:<peer>, bl:<actor>,
--          bl:<peer>, c:<peer> in a direct chat, gi:<gid>, gm:<gid>, gr:<gid> in a group
--   ARGV   log, actor, peer ('' in a group), message id, how old it may be (ms; 0 is no limit),
--          number of pairs, field, value, …, names to remove …
--   reply  { 'edited' | 'unchanged', what `shown` of src/redis/lua/shown.lua replies, refused writes, the first one's reason }
--   refuses  USER_NOT_FOUND, BLOCKED, MUST_UNBLOCK, CONTACTS_ONLY, GROUP_NOT_FOUND, NOT_MEMBER, MESSAGE_NOT_FOUND,
--            NOT_SENDER, MESSAGE_ERASED, EDIT_WINDOW_OVER,
--            TOO_MANY_EDITS, RESERVED_FIELD, INVALID_REQUEST, FIELDS_TOO_LARGE, EMPTY_MESSAGE
-- @include "authors"
-- @include "change_fields"
-- @include "fan_out"
-- @include "journal"
-- @include "own_fields"
-- @include "target"
local log, actor, peer, mid, window = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local MAX_EDITS = 50

local found, recipients, refusal, in_channel = target_of(log, actor, peer, mid)
if refusal then return refusal end
if found[1] == 'erased' then return refuse('MESSAGE_ERASED', mid) end
local flat = found[2]
if flat[5] == 'action' or not is_author(actor, log, mid, flat) then return refuse('NOT_SENDER', mid) end
local sent_at = split_id(mid)
if window > 0 and tonumber(now_ms()) - tonumber(sent_at) > window then return refuse('EDIT_WINDOW_OVER', mid) end

local seq = seq_of(mid)
local edit = kept(log, seq, 'edit')
edit = edit and cjson.decode(edit) or { ids = {} }
local before, current, first = {}, edit.fields or flat, edit.fields and 1 or fields_begin(flat)
for i = first, #current, 2 do before[current[i]] = current[i + 1] end
local change
change, refusal = merge_fields(before, MESSAGE_OWN, false, ARGV, 6)
if refusal then return refusal end
if #change.fields == 0 and not own_value(flat, 'attachments') then return refuse('EMPTY_MESSAGE', '') end
if not change.changes then return { 'unchanged', shown(log, actor, { found })[1], 0, '' } end
if #edit.ids >= MAX_EDITS then return refuse('TOO_MANY_EDITS', mid) end

local message = next_entry(log, actor, { action = 'edit', target = mid }, change.fields)
append_change(message)
edit.ids[#edit.ids + 1] = message.id
keep(log, seq, 'edit', cjson.encode({ at = now_ms(), ids = edit.ids, fields = change.fields }))
journal_message('message.edited', log, message.id, actor, in_channel)
local failed, reason = fan_out(log, message.id, message.entry, readers_of(log, mid, recipients), {})
return { 'edited', shown(log, actor, { found })[1], failed, reason }
