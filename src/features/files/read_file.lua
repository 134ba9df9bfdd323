#!lua flags=no-writes
-- What is known of a file, for somebody who may read it: a message that carries it, or as who has uploaded it.
--   KEYS   im:meta, fi:<file>, fm:<file>, ru:<reader>, fl:<reader>, rd:<reader>
--   ARGV   file, reader
--   reply  { bytes, type, width, height ('' if it has none), the attachments of the message, as its entry has them ('' if none) }
--   refuses  FILE_NOT_FOUND
-- @include "files"
-- @include "own_fields"
local id, reader = ARGV[1], ARGV[2]

local size, kind, width, height, owner, incarnation =
  unpack(redis.call('HMGET', KEYS[2], 'size', 'type', 'width', 'height', 'owner', 'incarnation'))
local entry = size and carrier_for(reader, id)
if not entry and not (size and is_uploader(reader, owner, incarnation)) then return refuse('FILE_NOT_FOUND', id) end
return { size, kind, width or '', height or '', entry and own_value(entry[2], 'attachments') or '' }
