-- Which named spaces a start has to look at: the removal of a user or a channel may have been interrupted there. The default
-- space is looked at anyway.
-- @include "names"
local function begin_unfinished()
  if SPACE then redis.call('SADD', unfinished_key(), SPACE) end
end

local function end_unfinished(removals, channel_removals)
  if SPACE and redis.call('EXISTS', removals, channel_removals) == 0 then
    redis.call('SREM', unfinished_key(), SPACE)
  end
end
