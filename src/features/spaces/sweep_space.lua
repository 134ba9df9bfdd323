-- Takes keys of a space that is being removed; of one that was made anew meanwhile, none.
--   KEYS   im:meta, the space's im:meta, key …
--   reply  1 if the space is being removed
-- @include "begin"
if redis.call('HEXISTS', KEYS[2], 'removing') == 0 then return 0 end
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
