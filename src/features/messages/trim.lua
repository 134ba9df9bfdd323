#!lua flags=allow-oom
-- Forgets what is kept of messages that retention has taken.
--   KEYS   im:meta, the log, ms:<log>, ch:<log>, er:<log>, rp:<log>, ma:<log>
--   ARGV   log
--   reply  1
-- @include "message_state"
trim_state(ARGV[1])
return 1
