-- What every call has to know, read once at its beginning: the epoch, and the level at which writers write.
-- Nodes of two versions may share a server. What older ones would not understand is written only from the level on that
-- says so; a node refuses everything above the level that it knows, and stops.
local META_KEY, EPOCH, LEVEL, NOW

-- Begins with what was read of im:meta. Returns nil, or the refusal to answer with.
local function begin_with(meta_key, epoch, level)
  META_KEY, EPOCH, LEVEL, NOW = meta_key, epoch, tonumber(level or 1), nil
  if LEVEL > KNOWN_LEVEL then return { err = 'WRITER_LEVEL ' .. level } end
end

-- Takes the prefix of all keys from the key im:meta, so that one program serves every space; that of the partition, whose feed
-- all its spaces share, lacks the '@<name>:' of a named one.
local function take_prefix(meta_key)
  PREFIX = string.sub(meta_key, 1, -8)
  PARTITION = string.match(PREFIX, '^(.*)@[^@:]+:$') or PREFIX
end

local function begin(meta_key)
  take_prefix(meta_key)
  local meta = redis.call('HMGET', meta_key, 'epoch', 'writerLevel')
  return begin_with(meta_key, meta[1], meta[2])
end
