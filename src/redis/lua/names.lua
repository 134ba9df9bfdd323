-- Key names, the mirror of src/redis/keys.ts (a test compares the two).
local function devices_key(uid) return PREFIX .. 'dv:' .. uid end
local function users_with_devices_key() return PREFIX .. 'im:devices' end
local function push_addresses_key() return PREFIX .. 'im:push-addresses' end
local function user_key(uid) return PREFIX .. 'u:' .. uid end
local function attributes_key(uid) return PREFIX .. 'ua:' .. uid end
local function inbox_key(uid) return PREFIX .. 's:' .. uid end
local function contacts_key(uid) return PREFIX .. 'c:' .. uid end
local function read_key(uid) return PREFIX .. 'rd:' .. uid end
local function floors_key(uid) return PREFIX .. 'fl:' .. uid end
local function presence_key(uid) return PREFIX .. 'pr:' .. uid end
local function requested_key(uid) return PREFIX .. 'rq:' .. uid end
local function blocks_key(uid) return PREFIX .. 'bl:' .. uid end
local function blocked_by_key(uid) return PREFIX .. 'bb:' .. uid end
local function sanctions_key(uid) return PREFIX .. 'sn:' .. uid end
local function left_key(uid) return PREFIX .. 'lf:' .. uid end
local function removed_user_key(uid) return PREFIX .. 'ru:' .. uid end
local function removals_key() return PREFIX .. 'im:removals' end
local function group_key(gid) return PREFIX .. 'gi:' .. gid end
local function members_key(gid) return PREFIX .. 'gm:' .. gid end
local function receipts_key(log) return PREFIX .. 'rc:' .. log end
local function requests_key(gid) return PREFIX .. 'gq:' .. gid end
local function roles_key(gid) return PREFIX .. 'gr:' .. gid end
local function removed_channel_key(part, incarnation) return PREFIX .. 'rg:' .. part .. ':' .. incarnation end
local function bans_key(gid) return PREFIX .. 'gb:' .. gid end
local function revoked_key() return PREFIX .. 'im:revoked' end
local function suspended_key() return PREFIX .. 'im:suspended' end
local function journal_key() return PREFIX .. 'journal' end
local function journal_consumers_key() return PREFIX .. 'im:journal-consumers' end
local function users_key() return PREFIX .. 'im:users' end
local function groups_key() return PREFIX .. 'im:groups' end
local function log_key(log) return PREFIX .. log end
local function state_key(log) return PREFIX .. 'ms:' .. log end
local function changed_key(log) return PREFIX .. 'ch:' .. log end
local function erased_key(log) return PREFIX .. 'er:' .. log end
local function replies_key(log) return PREFIX .. 'rp:' .. log end
local function mentions_of_all_key(log) return PREFIX .. 'ma:' .. log end
local function mentions_key(uid) return PREFIX .. 'mn:' .. uid end
local function settings_key(uid) return PREFIX .. 'cs:' .. uid end
local function file_key(id) return PREFIX .. 'fi:' .. id end
local function file_messages_key(id) return PREFIX .. 'fm:' .. id end
local function pending_files_key(uid) return PREFIX .. 'fp:' .. uid end
local function files_key() return PREFIX .. 'im:files' end
local function idempotency_key(log, from, client_message_id)
  return PREFIX .. 'i:' .. log .. ':' .. from .. ':' .. client_message_id
end
local function partition_meta_key() return PARTITION .. 'im:meta' end
local function feed_key() return PARTITION .. 'feed' end
local function unfinished_key() return PARTITION .. 'im:unfinished' end
local function signals_key() return PARTITION .. 'signals' end
