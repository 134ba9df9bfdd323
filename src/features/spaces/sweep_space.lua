-- Takes keys of a space that is being removed, or was moved away; of one that was made anew meanwhile, none.
--   KEYS   im:meta, the space's im:meta, key …
--   ARGV   what takes them, as close_space was told
--   reply  1 if the space's keys are being taken by that
-- @include "begin"
if redis.call('HGET', KEYS[2], 'removing') ~= ARGV[1] then return 0 end
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
