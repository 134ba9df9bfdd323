-- The files that a message carries.
-- @include "files"
-- @include "refusals"

-- Each has to be the sender's own, or one that it may read: then it is forwarded. Returns nil, or the refusal; and leaves in
-- `about` what the entry shows of them.
local function check_attachments(from, about)
  local shown = {}
  for i, one in ipairs(about.attachments) do
    local size, kind, width, height, owner, incarnation =
      unpack(redis.call('HMGET', file_key(one.file), 'size', 'type', 'width', 'height', 'owner', 'incarnation'))
    if not size or not (is_uploader(from, owner, incarnation) or carrier_for(from, one.file)) then
      return refuse('FILE_NOT_FOUND', one.file)
    end
    shown[i] = {
      file = one.file, name = one.name, type = kind, size = tonumber(size),
      width = width and tonumber(width) or nil, height = height and tonumber(height) or nil,
    }
  end
  about.shown_attachments = cjson.encode(shown)
end

-- Notes that a message carries files.
local function note_attachments(log, mid, attachments)
  for _, one in ipairs(attachments) do
    redis.call('ZADD', file_messages_key(one.file), 0, log .. ' ' .. mid)
    if redis.call('HDEL', file_key(one.file), 'unusedSince') == 1 then
      redis.call('HDEL', pending_files_key(redis.call('HGET', file_key(one.file), 'owner')), one.file)
    end
  end
end

-- An erased message carries nothing any more. `attachments` is what its entry has, nil where there were none.
local function forget_attachments(log, mid, attachments)
  local is_list, list = pcall(cjson.decode, attachments or '')
  if not is_list or type(list) ~= 'table' then return end
  for _, one in ipairs(list) do
    local id = type(one) == 'table' and tostring(one.file) or ''
    local key = file_messages_key(id)
    if redis.call('ZREM', key, log .. ' ' .. mid) == 1 and redis.call('EXISTS', key) == 0 then set_unused(id, now_ms()) end
  end
end
