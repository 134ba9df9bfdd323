#!lua flags=allow-oom
-- Lifts a suspension. Tokens of before it stay refused. Without one it changes nothing.
--   KEYS   im:meta, im:suspended, feed, journal
--   ARGV   uid
--   reply  { 'lifted' }
-- @include "fan_out"
-- @include "journal"
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then
  journal('user.unsuspended', 'uid', ARGV[1])
  tell_nodes(epoch(), 'lifted', ARGV[1])
end
return { 'lifted' }
