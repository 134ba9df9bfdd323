-- Creates, replaces or merges a user; 'create' leaves one that exists as it is.
--   KEYS  u:<uid>
--   ARGV  uid, 'create' | 'replace' | 'merge', number of pairs, field, value, …, names to remove …
--   reply { 'created' | 'changed', createdAt ms, fields (flat) }, { 'exists' } (create)
--         { refusal, subject }: user_not_found (merge), fields_too_large
local uid, mode = ARGV[1], ARGV[2]

local current = redis.call('HGETALL', KEYS[1])
local created_at = redis.call('HGET', KEYS[1], 'createdAt') or now_ms()
if mode == 'create' and #current > 0 then return { 'exists' } end
if mode == 'merge' and #current == 0 then return { 'user_not_found', uid } end
local _, flat, _, refusal = change_fields(current, { createdAt = true }, mode == 'replace', 3)
if refusal then return { refusal, uid } end

redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'createdAt', created_at, unpack(flat))
return { #current == 0 and 'created' or 'changed', created_at, flat }
