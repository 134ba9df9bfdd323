-- What every call has to know, read once at its beginning: the epoch, and the level at which writers write.
-- Nodes of two versions may share a server. What older ones would not understand is written only from the level on that
-- says so; a node refuses everything above the level that it knows, and stops.
--
-- The default space's im:meta is its partition's, too. A named space has one of its own, without which there is no such space,
-- and gives heed to the partition's: its level holds for all, ids of the feed are of its epoch, and when it moves, because
-- data was lost, each space has to move its own before it gives out another id (GENERATION, in epoch.lua).
-- @include "names"
local META_KEY, EPOCH, LEVEL, NOW
-- Until when the journal is wanted, ms; nil where nobody wants it.
local WANTS
-- Of a named space: its name, the epoch of the partition, and that epoch as the space has noted it last.
local SPACE, PARTITION_EPOCH, GENERATION

-- Takes the prefix of all keys from the key im:meta, so that one program serves every space; that of the partition, whose feed
-- all its spaces share, lacks the '@<name>:' of a named one.
local function take_prefix(meta_key)
  PREFIX = string.sub(meta_key, 1, -8)
  PARTITION, SPACE = string.match(PREFIX, '^(.*)@([^@:]+):$')
  if not SPACE then PARTITION = PREFIX end
end

-- Begins with what was read of im:meta. Returns nil, or the refusal to answer with.
local function begin_with(meta_key, epoch, level, paused, removing, generation, wants)
  META_KEY, EPOCH, LEVEL, NOW, WANTS = meta_key, epoch, tonumber(level or 1), nil, wants or nil
  if SPACE then
    if removing or not epoch then return { err = 'SPACE_REMOVED ' .. SPACE } end
    local meta = redis.call('HMGET', partition_meta_key(), 'epoch', 'writerLevel')
    PARTITION_EPOCH, level, GENERATION = meta[1], meta[2], generation
    LEVEL = tonumber(level or 1)
  end
  if LEVEL > KNOWN_LEVEL then return { err = 'WRITER_LEVEL ' .. level } end
  if paused then return { err = 'SPACE_PAUSED' } end
end

-- Begins with a space, whose im:meta it is given. Returns as begin_with.
local function begin_in(meta_key)
  take_prefix(meta_key)
  local meta = redis.call('HMGET', meta_key, 'epoch', 'writerLevel', 'paused', 'removing', 'generation', 'wants')
  return begin_with(meta_key, meta[1], meta[2], meta[3], meta[4], meta[5], meta[6])
end

-- The first step of a script, with its keys. Of a named space the last one is the partition's im:meta: it is declared for what
-- happens here, and is taken away, so that it stands among no others that a script may have.
local function begin(keys)
  local refusal = begin_in(keys[1])
  if SPACE then keys[#keys] = nil end
  return refusal
end
