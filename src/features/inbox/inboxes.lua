#!lua flags=no-writes
-- Reads users' inboxes, each after a cursor, and in the same moment its newest id, the epoch, and which user of this name it
-- is. Stops when so much has been read that others would have to wait: what is left is for another call.
--   KEYS   im:meta, then of each s:<uid>, u:<uid>, ru:<uid>
--   ARGV   how many bytes may be read, '1' to have the entries apart ('' if not), then of each: start of the range to read, as
--          XRANGE takes it, how many (0 = only the position)
--   reply  { epoch, then of each that was read: newest id that the inbox ever had ('' if none), incarnation of the user, how
--          many entries, entries: one text where all are references, else each { id, flat } }.
--          One that is refused, or can't be read, has { error, '', -1, '' } and is nobody else's concern
--   refuses  USER_NOT_FOUND
-- @include "begin"
-- @include "inbox"
-- @include "refusals"
local left, apart = tonumber(ARGV[1]), ARGV[2] == '1'

local reply, n = { EPOCH or '0' }, 1
for i = 1, (#KEYS - 1) / 3 do
  if left <= 0 then break end
  local done, newest, incarnation, entries =
    pcall(read_inbox, KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1], ARGV[2 * i + 1], tonumber(ARGV[2 * i + 2]))
  if not done or entries == nil then
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = text_of(newest), '', -1, ''
  else
    local text = not apart and in_short(entries) or nil
    if text then
      left = left - #text
    else
      for k = 1, #entries do left = left - bytes_of(entries[k][2]) end
    end
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = newest, incarnation, #entries, text or entries
  end
  n = n + 4
end
return reply
