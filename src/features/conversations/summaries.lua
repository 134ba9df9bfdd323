#!lua flags=no-writes
-- What a list of conversations shows of some.
--   KEYS   im:meta, rd:<uid>, fl:<uid>, mn:<uid>, cs:<uid>, then of each conversation the log, ms:<log>, er:<log>, ma:<log>
--   ARGV   uid, 'last' | 'counts' (without the newest message), log, log, …
--   reply  { what `summary_of` of src/redis/lua/summary.lua returns, … }
-- @include "summary"
local reply = {}
for i = 3, #ARGV do reply[i - 2] = summary_of(ARGV[1], ARGV[i], ARGV[2] == 'last') end
return reply
