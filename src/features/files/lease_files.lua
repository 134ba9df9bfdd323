#!lua flags=allow-oom
-- Whether a node is the one that looks at files: for a while after it said so last.
--   KEYS   im:meta, im:files-lease
--   ARGV   node, how long, ms
--   reply  1 if it is
-- @include "lease"
return takes_lease(KEYS[2], ARGV[1], ARGV[2]) and 1 or 0
