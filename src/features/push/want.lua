-- Tells the server's own backend that somebody is to be notified, which it does by itself.
--   KEYS   im:meta, feed, journal
--   ARGV   log, mid, uid, '1' in a channel, else '0', then name, value, …
--   reply  1
-- @include "journal"
tell_of(journal_message('notification.wanted', ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', unpack(ARGV, 5)))
return 1
