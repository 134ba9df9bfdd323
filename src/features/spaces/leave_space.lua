-- Marks the keys of a space that is about to be elsewhere. They stay as they are until that is so.
--   KEYS   im:meta, the space's im:meta
--   ARGV   the mark of the move
--   reply  'marked'
-- @include "begin"
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'left', ARGV[1]) end
return 'marked'
