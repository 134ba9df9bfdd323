-- A webhook begins anew: nothing is sent again, and it has not failed.
--   KEYS   im:meta, wh:<id>, wr:<id>, wj:<id>
--   reply  1
redis.call('HDEL', KEYS[2], 'failingSince')
redis.call('UNLINK', KEYS[3], KEYS[4])
return 1
