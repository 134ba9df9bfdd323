-- What nodes of an older version would not obey is written only once there are none.
-- @include "begin"
-- @include "refusals"

-- Roles, silence, bans, and policies of who posts and who reads what was before.
local LEVEL_OF_ROLES = 2
-- Blocks, and policies of whose direct messages one takes.
local LEVEL_OF_BLOCKS = 2

-- Channels, whose messages an older node would put into every member's inbox.
local LEVEL_OF_CHANNELS = 2

-- Lists of all users and groups.
local LEVEL_OF_LISTS = 2

-- That a removal takes messages along, which an older node would finish without.
local LEVEL_OF_ERASURE = 2

-- Returns nil where the data is written at this level or above, or the refusal.
local function needs_level(level)
  if LEVEL < level then return refuse('UPDATE_PENDING', '') end
end
