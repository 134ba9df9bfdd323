import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { directLog, groupLog, logOf } from '../../src/domain/conversations.ts';
import type { FileId } from '../../src/domain/files.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../src/domain/spaces.ts';
import type { Cursor } from '../../src/domain/stream-ids.ts';
import { Exports } from '../../src/features/export/exports.ts';
import {
  beginUpload,
  bytesRemoved,
  discardUpload,
  finishUpload,
  leaseFiles,
  lookAtFile,
  readFile,
} from '../../src/features/files/commands.ts';
import { LogSource } from '../../src/features/following/log-source.ts';
import { InboxSource } from '../../src/features/inbox/inbox-source.ts';
import { takeLease } from '../../src/features/journal/commands.ts';
import { JournalSource } from '../../src/features/journal/journal-source.ts';
import { type Sending, sentBefore } from '../../src/features/messages/commands.ts';
import { leave, look, note } from '../../src/features/presence/commands.ts';
import { lookUp, want, withDevices } from '../../src/features/push/commands.ts';
import { leaveSpace, noteRemoved, receiveSpace } from '../../src/features/spaces/commands.ts';
import { Spaces } from '../../src/features/spaces/spaces.ts';
import { dueRetries, noteGap, sendAgain, settleDelivery } from '../../src/features/webhooks/commands.ts';
import { moveEpoch, notePartitions, raiseLevel } from '../../src/redis/meta/commands.ts';
import { programOf } from '../../src/redis/program.ts';
import { newestIds } from '../../src/redis/streams/commands.ts';
import { server as backend, conversation, gid, OLDEST, SETTINGS, startIm, uid, user } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/**
 * A script declares every key that is known before it runs, and reaches recipients only through fan_out: Redis itself is
 * asked what every script really touches.
 */

let server: TestRedis;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

const SRC = new URL('../../src/', import.meta.url).pathname;
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.lua') && !/^redis\/(lua|functions)\//.test(file),
);

/** Recipients' inboxes, which only fan_out writes. */
const RECIPIENTS = /^s:/;
/** What a script finds out only when it runs: whose keys, and why. */
const FOUND: Record<string, RegExp> = {
  // The members, those who asked to join, and those who are banned or silenced.
  'remove_group.lua': /^(rd|mn|cs|c|fl|rq|sn|ru|rg:g[mrbq]):/,
  // The same of a channel, and whether they are in a new one of the name.
  'free_channel.lua': /^(u|rd|mn|cs|c|fl|rq|sn|ru|gm|gr|gb|gq):/,
  // Whoever owned the group before.
  'put_group.lua': /^u:/,
  // The groups that the user is in.
  'remove_user.lua': /^gi:/,
  // The chats of the user, who has read them, the groups that were asked, or hold something against it, blocks either way, and
  // the files that it has not sent.
  'finish_removal.lua': /^(ds|rc:ds|gq|gb|gr|bl|bb|fi):/,
  // Whether those who are in the conversation may read the message, and its author.
  'edit.lua': /^fl:/,
  'react.lua': /^fl:/,
  // Whom the messages mention.
  // And of the files that they carry, whether others do, and whose they are.
  'erase_messages.lua': /^(mn|fi|fm|fp|u|ru):/,
  'erase.lua': /^(mn|fi|fm|fp|u|ru):/,
  // The conversations of the messages that carry a file, which is forwarded by who may read one, and who has uploaded it.
  'send_many.lua': /^(ds|gs|gi|gm|u|fp):/,
  'read_file.lua': /^(ds|gs|gi|gm|u):/,
  'look_at_file.lua': /^(ds|gs|u|ru|fp):/,
  // The owner of the group, who is asked.
  'join.lua': /^(u|rd|ds|bl):/,
  // Who has had the address before.
  'put_device.lua': /^dv:/,
  // The owner of the group, who refuses.
  'refuse_request.lua': /^(u|rd|ds|bl):/,
};

/** The keys of a command that a script calls. */
function keysOf([name, ...args]: string[]): string[] {
  switch (name!.toUpperCase()) {
    case 'TIME':
      return [];
    case 'EXISTS':
    case 'RENAME':
    case 'UNLINK':
    case 'DEL':
      return args;
    case 'XINFO':
      return [args[1]!];
    default:
      return [args[0]!];
  }
}

for (const space of ['', 'ds']) {
  test(`what a script touches it has declared, or could not know, in ${space || 'the default'} space`, () =>
    touchesWhatIsDeclared(space));
}

async function touchesWhatIsDeclared(space: string): Promise<void> {
  const im = await startIm(server, { logMax: 100, logDays: 30, space });
  const names = new Map(
    files.flatMap((file) => {
      const settings = { ...SETTINGS, logMax: 100, logDays: 30 };
      const script = pathToFileURL(SRC + file);
      const names = [false, true].map((isFunction) => programOf({ script, isFunction }, settings).name);
      return names.map((name) => [name, file.split('/').at(-1)!] as const);
    }),
  );
  const seen = new Set<string>();
  const wrong = new Set<string>();
  let script = '';
  let declared = new Set<string>();
  const monitor = await im.redis.monitor();
  monitor.on('monitor', (_time: string, words: string[], source: string) => {
    if (/^(eval(sha)?|fcall)$/i.test(words[0]!)) {
      // The text is sent where the server did not know the name, which was tried before.
      script = names.get(words[1]!) ?? script;
      declared = new Set(words.slice(3, 3 + Number(words[2])));
      seen.add(script);
    } else if (source === 'lua') {
      for (const key of keysOf(words)) {
        const name = key.slice(im.keys.prefix.length);
        const isRecipient = RECIPIENTS.test(name) && /^(XADD|XINFO)$/i.test(words[0]!);
        if (declared.has(key) || isRecipient || FOUND[script]?.test(name)) continue;
        wrong.add(`${script} ${words[0]} ${name}`);
      }
    }
  });

  await im.consumers.put('one');
  const [alice, bob, carol] = [uid('alice'), uid('bob'), uid('carol')];
  const team = gid('team');
  const toTeam = conversation('group:team');
  await im.people('alice', 'bob', 'carol', 'dave');
  await im.users.merge(alice, { name: null }, { attributes: { plan: 'pro' }, directPolicy: 'contacts' });
  await im.redis.hdel(im.keys.meta(), 'usersIndexed');
  await im.users.list({ limit: 5 });
  await im.contacts.link(alice, bob);
  await im.blocks.block(alice, uid('dave'));
  await im.revocations.revoke(carol);
  await im.revocations.suspend(carol);
  await im.revocations.lift(carol);
  await im.blocks.block(carol, bob);
  await assert.rejects(im.say('bob', 'user:carol', 'hi'), { code: 'blocked' });
  await im.blocks.unblock(carol, bob);
  const direct = await im.say('alice', 'user:bob', 'hi');
  await im.say('alice', 'user:alice', 'a note');
  await im.messages.send(alice, conversation('user:bob'), { fields: { text: 'x' }, clientMessageId: 'c' });
  await im.messages.send(alice, conversation('user:bob'), { fields: { text: 'x' }, clientMessageId: 'c' });
  for (const to of ['user:bob', 'group:team']) {
    const log = logOf(alice, conversation(to));
    const asked = { from: alice, conversation: conversation(to), log, clientMessageId: 'c', digest: '' } as Sending;
    await im.store.run(sentBefore, asked).catch(() => {});
  }
  await im.messages.createEvent(alice, conversation('user:bob'), { fields: { text: 'a call' } });
  await im.messages.createEvent(alice, conversation('user:alice'), { fields: { text: 'a call' } });
  await im.editing.edit(alice, conversation('user:bob'), direct.id, { text: 'hello' });
  await im.messages.send(bob, conversation('user:alice'), {
    fields: { text: 'hi' },
    replyTo: direct.id,
    mentions: ['alice'],
  });
  await im.history.page(bob, conversation('user:alice'), { limit: 5 });
  await im.history.page(bob, conversation('user:alice'), { limit: 5, after: direct.id });
  await im.history.get(bob, conversation('user:alice'), direct.id);
  await im.history.replies(bob, conversation('user:alice'), direct.id, { limit: 5 });
  await im.reactions.add(bob, conversation('user:alice'), direct.id, 'ok');
  await im.reactions.list(bob, conversation('user:alice'), direct.id, { limit: 5 });
  await im.editing.erase(alice, conversation('user:bob'), direct.id);
  for (const id of ['1', '2', '3'].map((digit) => digit.repeat(32) as FileId)) {
    await im.store.run(beginUpload, { uid: alice, id, bytes: 1, bytesAllowed: 9, filesAllowed: 9 });
    if (id.startsWith('3')) await im.store.run(discardUpload, { uid: alice, id });
    else await im.store.run(finishUpload, { uid: alice, id, size: 1, type: 'text/plain' });
  }
  const attachments = [{ file: '1'.repeat(32) as FileId, name: 'x' }];
  const carrying = await im.messages.send(alice, conversation('user:bob'), { attachments });
  const forwarded = await im.messages.send(bob, conversation('user:alice'), { attachments });
  await im.store.run(readFile, { id: attachments[0]!.file, reader: bob });
  await im.editing.erase(bob, conversation('user:alice'), forwarded.message.id);
  await im.editing.erase(alice, conversation('user:bob'), carrying.message.id);
  await im.messages.send(alice, conversation('user:bob'), { attachments });
  await im.store.run(leaseFiles, { node: 'n1', ms: 1_000 });
  for (const nowMs of [Date.now(), Date.now() + 100_000_000]) {
    await im.store.run(lookAtFile, { id: '1'.repeat(32) as FileId, nowMs });
  }
  await im.store.run(lookAtFile, { id: '4'.repeat(32) as FileId, nowMs: Date.now() });
  await im.store.run(bytesRemoved, '4'.repeat(32) as FileId);
  await im.history.trim(directLog(alice, bob));
  await im.conversations.change(bob, conversation('user:alice'), { pinned: true });
  await im.conversations.unread(bob);
  await im.conversations.hide(bob, conversation('user:alice'));
  await im.conversations.list(bob, { limit: 5 });
  await im.groups.put(user('alice'), team, { fields: { a: 'b' }, joinPolicy: 'approval' });
  await im.groups.put(backend, gid('other'), { fields: {}, owner: carol });
  await im.members.join(user('bob'), team, bob);
  await im.members.approve(user('alice'), team, bob);
  await im.members.join(user('carol'), team, carol);
  await im.members.refuse(user('alice'), team, carol);
  await im.members.join(backend, team, carol);
  await im.members.change(user('alice'), team, bob, { role: 'admin', silencedUntilMs: Date.now() + 60_000 });
  await im.members.change(user('alice'), team, bob, { silencedUntilMs: 0 });
  const { id } = await im.say('bob', 'group:team', 'hello');
  await im.messages.sendMany([
    { uid: alice, conversation: toTeam, fields: { text: '1' } },
    { uid: alice, conversation: conversation('user:bob'), fields: { text: '2' } },
  ]);
  await im.messages.createEvent(alice, toTeam, { fields: { text: 'a call' } });
  await im.store.run(newestIds, [im.keys.feed(), im.keys.signals()]);
  await im.conversations.markRead(alice, toTeam, id);
  await im.typing.tell(alice, toTeam);
  await im.typing.tell(alice, conversation('user:bob'));
  await im.conversations.receipts(alice, toTeam);
  await im.conversations.receipts(bob, conversation('user:alice'));
  await im.editing.erase(alice, toTeam, id);
  await im.groups.patch(user('alice'), team, { owner: bob, fields: { a: null } });
  await im.members.quit(user('carol'), team, carol);
  await im.members.join(user('carol'), team, carol);
  await im.bans.ban(user('bob'), team, carol);
  await im.bans.lift(user('bob'), team, carol);
  await im.groups.patch(backend, team, { historyPolicy: 'joined' });
  await im.members.add(backend, team, [carol, uid('dave'), alice]);
  await im.redis.hdel(im.keys.meta(), 'groupsIndexed');
  await im.groups.list({ limit: 1 });
  await im.inbox.page(alice, OLDEST, { count: 5, maxBytes: 1_000 });
  for (const to of [toTeam, conversation('user:alice')]) {
    const source = new LogSource(im.logReader, bob, to);
    await source.page('oldest', { count: 5, maxBytes: 1_000 });
    await im.logReader.verify([source]);
  }
  await im.inbox.verify([alice, bob].map((name) => new InboxSource(im.inbox, name)));
  for (const name of ['user:alice', 'group:team']) {
    const source = new LogSource(im.logReader, bob, conversation(name));
    await source.page('oldest', { count: 5, maxBytes: 1_000 });
    await im.logReader.verify([source]);
  }
  const journal = new JournalSource(im.journal, 'one');
  const { next } = await journal.page(await journal.resolve('acknowledged'), { count: 5, maxBytes: 1_000 });
  await im.consumers.acknowledge('one', next);
  await im.consumers.list();
  await im.store.run(note, { node: 'n1', uids: [alice, bob] });
  await im.store.run(leave, { node: 'n1', uids: [alice, bob] });
  await im.store.run(look, [
    { asker: alice, uid: bob },
    { asker: '', uid: alice },
  ]);
  for await (const _ of new Exports(im).lines(alice));
  await im.members.quit(user('carol'), team, carol);
  for await (const _ of new Exports(im).lines(carol));
  await im.devices.put(alice, 'phone', { kind: 'fcm', token: 't-0' });
  await im.users.remove(alice, { erasesMessages: true });
  await im.people('alice');
  await im.members.join(user('alice'), team, alice);
  await im.groups.remove(user('bob'), team);
  await im.groups.put(user('bob'), team, { fields: {}, kind: 'channel' });
  await im.members.add(backend, team, [carol]);
  await im.members.join(user('alice'), team, alice);
  const sent = await im.messages.send(bob, toTeam, { fields: { text: 'x' }, mentions: [alice] });
  await im.editing.edit(bob, toTeam, sent.message.id, { text: 'y' });
  await im.devices.put(alice, 'phone', { kind: 'fcm', token: 't-1' });
  await im.devices.put(bob, 'phone', { kind: 'fcm', token: 't-2' });
  await im.devices.put(bob, 'other', { kind: 'fcm', token: 't-2' });
  await im.devices.put(alice, 'other', { kind: 'fcm', token: 't-2' });
  await im.store.run(withDevices, [{ gid: team }, { uids: [bob] }]);
  const telling = { id: sent.message.id, from: bob, knowsPresence: true, people: [{ uid: alice, isNamed: false }] };
  await im.store.run(lookUp, { ...telling, log: groupLog(team), gid: team });
  await im.store.run(lookUp, { ...telling, log: directLog(alice, bob), gid: undefined });
  await im.store.run(want, { log: groupLog(team), id: sent.message.id, uid: alice, isInChannel: false, words: [] });
  for (const who of [alice, bob])
    for (const { device } of await im.devices.list(who)) await im.devices.remove(who, device);
  await im.devices.rest();
  await im.reactions.add(alice, toTeam, sent.message.id, '👍');
  await im.conversations.markRead(alice, toTeam, sent.message.id);
  for (const to of [toTeam, conversation('user:alice')]) {
    const source = new LogSource(im.logReader, bob, to);
    await source.page('oldest', { count: 5, maxBytes: 1_000 });
    await im.logReader.verify([source]);
  }
  await im.editing.erase(bob, toTeam, sent.message.id);
  await im.members.quit(user('carol'), team, carol);
  await im.bans.ban(user('bob'), team, alice);
  await im.groups.remove(user('bob'), team);
  await im.store.run(moveEpoch, 'none');
  await im.store.run(raiseLevel, undefined);
  const spaces = new Spaces(im.store.of(DEFAULT_SPACE));
  await spaces.put('beta' as SpaceName, {});
  await im.store.of('beta' as SpaceName).redis.set(im.store.keys.of('beta' as SpaceName).user(alice), 'x');
  await spaces.settle('beta' as SpaceName, true);
  // As of a move between partitions of a cluster.
  const ofMove = { name: 'beta' as SpaceName, mark: 'm' };
  const ofDefault = im.store.of(DEFAULT_SPACE);
  await ofDefault.run(leaveSpace, ofMove);
  await ofDefault.run(receiveSpace, { ...ofMove, name: 'gamma' as SpaceName });
  await ofDefault.run(noteRemoved, '1');
  await spaces.remove('beta' as SpaceName);
  await spaces.finishRemoval('beta' as SpaceName);
  await ofDefault.run(notePartitions, { count: 16, ofDefault: 'im' });
  await im.consumers.remove('one');
  const { id: hook } = await im.webhooks.create({ url: 'https://example.invalid/' });
  await im.webhooks.patch(hook, { enabled: false });
  await ofDefault.run(takeLease, { work: 'webhooks', node: 'n1', ms: 1_000 });
  await ofDefault.run(takeLease, { work: 'push', node: 'n1', ms: 0 });
  const tried = { id: hook, event: '1-1' as Cursor, type: 'user.created', flat: [], tookMs: 1, attempt: 1 };
  const failed = { isDelivered: false, status: 500, problem: undefined, dueMs: 1 };
  await im.store.run(settleDelivery, { ...tried, ...failed });
  await im.store.run(settleDelivery, { ...tried, ...failed, isDelivered: true, dueMs: undefined });
  await im.store.run(sendAgain, { id: hook, events: [['1-1' as Cursor, '[]']] });
  await im.store.run(dueRetries, { id: hook, count: 1 });
  await im.store.run(noteGap, { id: hook, why: 'trimmed' });
  await im.webhooks.remove(hook);
  await im.redis.echo('done');
  await new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, words: string[]) => words[1] === 'seen all' && resolve());
    void im.redis.echo('seen all');
  });
  monitor.disconnect();
  im.close();
  assert.deepEqual([...wrong].sort(), []);
  const untried = [...names.values()].filter((name) => !seen.has(name) && name !== 'prepare.lua');
  assert.deepEqual(untried, [], 'every script was tried');
}
