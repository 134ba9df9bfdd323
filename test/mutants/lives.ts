import type { Mutant } from './mutant.ts';

const LIVES = ['test/lives/lives.test.ts'];
const USERS = ['test/features/users/lives.test.ts'];
const OWN_SETTINGS = ['test/features/conversations/own-settings.test.ts'];

/** What goes wrong only in the course of lives: as the model sees it, and, of what it has found, as plain tests do. */
export const LIVES_MUTANTS: readonly Mutant[] = [
  {
    name: 'a history shows messages as they were before their edits',
    file: 'lua/shown.lua',
    from: "names[size + 1], names[size + 2] = seq .. ':edit',",
    to: "names[size + 1], names[size + 2] = seq .. ':none',",
    tests: LIVES,
  },
  {
    name: 'what was erased counts as unread',
    file: 'lua/unread.lua',
    from: "unread - redis.call('ZCOUNT', erased_key(log), '(' .. after, '+inf')",
    to: 'unread',
    tests: LIVES,
  },
  {
    name: 'a conversation that was hidden comes back with its history',
    file: 'hide.lua',
    from: "redis.call('HSET', floors, log, id)",
    to: '',
    tests: LIVES,
  },
  {
    name: 'who is made an admin is told so, and stays a plain member',
    file: 'change_member.lua',
    from: 'if is_appointed then role = new_role end',
    to: '',
    tests: LIVES,
  },
  {
    name: 'an erased reply is still counted',
    file: 'lua/replies.lua',
    from: "redis.call('ZREM', replies_key(log), reply_name(mid)) == 1",
    to: "redis.call('ZREM', replies_key(log), reply_name(mid)) == 2",
    tests: LIVES,
  },
  {
    name: 'all replies are those of a message that has none',
    file: 'messages/replies.lua',
    from: 'if stop < first then return {} end',
    to: '',
    tests: ['test/features/messages/references.test.ts', ...LIVES],
  },
  {
    name: 'a send is doubled by its repeat once its conversation was hidden',
    file: 'lua/send.lua',
    from: 'end_of_former(from, log)',
    to: 'floor_of(from, log)',
    tests: [...OWN_SETTINGS, ...LIVES],
  },
  {
    name: "a member's send is taken for one of a former user",
    file: 'lua/membership.lua',
    from: "redis.call('HSETNX', removed_user_key(uid), message.log, message.last_id)",
    to: '',
    tests: USERS,
    pattern: 'a clientMessageId of a former member',
  },
  {
    name: "a member's send is taken for one of the last of several former users",
    file: 'finish_removal.lua',
    from: "redis.call('HDEL', removed_user, log)",
    to: '',
    tests: USERS,
    pattern: 'a clientMessageId of a former member',
  },
  {
    name: 'edits tell the new text to who may not read the message',
    file: 'messages/edit.lua',
    from: 'readers_of(log, mid, recipients)',
    to: 'recipients',
    tests: ['test/features/members/history-policy.test.ts', ...USERS, ...LIVES],
  },
  {
    name: 'a new user is told of reactions to what a former one wrote',
    file: 'react.lua',
    from: '#readers_of(log, mid, { author }) > 0',
    to: 'true',
    tests: USERS,
    pattern: 'is told nothing',
  },
  {
    name: 'other nodes remember the edits of what was erased',
    file: 'messages/entry-cache.ts',
    from: "edit?.action === 'edit' && edit.target === ref.id",
    to: 'edit === undefined',
    tests: ['test/delivery/erasure.test.ts', ...LIVES],
  },
  {
    name: 'settings of a hidden conversation are refused and kept',
    file: 'conversations/settings.lua',
    from: 'if not has_listed(uid, log) then',
    to: "if redis.call('HEXISTS', KEYS[2], log) == 0 then",
    tests: OWN_SETTINGS,
    pattern: 'settings of a hidden conversation',
  },
  {
    name: 'a tombstone below what was hidden is shown',
    file: 'messages/page.lua',
    from: 'if not goes_back and floor and (not near or less(near, seq_of(floor))) then near = seq_of(floor) end',
    to: '',
    tests: OWN_SETTINGS,
    pattern: 'erased below a hidden end',
  },
  {
    name: 'a hidden conversation is read up to what changed below',
    file: 'conversations/read.lua',
    from: "if not has_listed(uid, log) then return refuse('CONVERSATION_NOT_FOUND', log) end",
    to: '',
    tests: OWN_SETTINGS,
    pattern: 'what changes below',
  },
];
