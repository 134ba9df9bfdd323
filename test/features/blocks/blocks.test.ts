import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Presence } from '../../../src/features/presence/presence.ts';
import { loadFunctions } from '../../helpers/functions.ts';
import { conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** There is no way around a block. */

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [alice, bob] = [uid('alice'), uid('bob')];
const [toAlice, toBob] = [conversation('user:alice'), conversation('user:bob')];
const count = async (name: string) => (await im.all(name)).items.length;
const blocked = async (name: string) =>
  (await im.blocks.list(uid(name), { limit: 10 })).items.map((block) => block.uid);

test('blocks are listed, the oldest first, and told to nobody', async () => {
  const { block, created } = await im.blocks.block(alice, bob);
  assert.deepEqual([block.uid, created], ['bob', true]);
  assert.deepEqual(await im.blocks.block(alice, bob), { block, created: false });
  await im.blocks.block(alice, uid('carol'));
  const first = await im.blocks.list(alice, { limit: 1 });
  const second = await im.blocks.list(alice, { limit: 1, after: first.next });
  assert.deepEqual([...first.items, ...second.items].map((one) => one.uid).sort(), ['bob', 'carol']);
  assert.equal(second.next, undefined);
  assert.deepEqual([await count('alice'), await count('bob')], [0, 0]);
  await im.blocks.unblock(alice, bob);
  await im.blocks.unblock(alice, bob);
  assert.deepEqual(await blocked('alice'), ['carol']);
  await assert.rejects(im.blocks.block(alice, alice), { code: 'invalid_request' });
  await assert.rejects(im.blocks.block(alice, uid('nobody')), { code: 'user_not_found' });
  await assert.rejects(im.blocks.block(uid('nobody'), alice), { code: 'user_not_found' });
});

test('nothing of the one who is blocked arrives, by whatever way, until the block is lifted', async () => {
  const first = await im.say('bob', 'user:alice', 'one');
  const hers = await im.say('alice', 'user:bob', 'two');
  await im.groups.put(user('alice'), gid('team'), { fields: {}, joinPolicy: 'approval' });
  await im.blocks.block(alice, bob);
  const before = [await count('alice'), await count('bob')];
  const fcall = await loadFunctions(im.redis, im.keys);
  const ways = {
    send: () => im.say('bob', 'user:alice', 'three'),
    reply: () => im.messages.send(bob, toAlice, { fields: { a: 'b' }, replyTo: hers.id }),
    edit: () => im.editing.edit(bob, toAlice, first.id, { text: 'ONE' }),
    react: () => im.reactions.add(bob, toAlice, hers.id, '👍'),
    'take a reaction back': () => im.reactions.remove(bob, toAlice, hers.id, '👍'),
    link: () => im.contacts.link(bob, alice),
    'ask to join': () => im.members.join(user('bob'), gid('team'), bob),
  };
  for (const [way, go] of Object.entries(ways)) await assert.rejects(go(), { code: 'blocked' }, way);
  for (const [name, ...words] of [
    ['im_send', 'bob', 'alice', 'text', 'three'],
    ['im_link', 'bob', 'alice'],
    ['im_join', 'bob', 'team'],
  ] as const) {
    await assert.rejects(fcall(name, ...words), /^ReplyError: BLOCKED alice: this person has blocked/, name);
  }
  const [result] = await im.messages.sendMany([{ uid: bob, conversation: toAlice, fields: { text: 'x' } }]);
  assert.equal(result && 'error' in result && result.error.code, 'blocked');
  assert.deepEqual([await count('alice'), await count('bob')], before);
  assert.equal(await im.redis.exists(im.keys.requests(gid('team'))), 0);

  await im.blocks.unblock(alice, bob);
  for (const go of Object.values(ways)) await go();
  assert.equal(await count('alice'), before[0]! + 6, 'send, reply, edit, react, link, request');
});

test('who blocks somebody unblocks them before writing to them', async () => {
  const first = await im.say('alice', 'user:bob', 'one');
  await im.blocks.block(alice, bob);
  const ways = [
    () => im.say('alice', 'user:bob', 'two'),
    () => im.editing.edit(alice, toBob, first.id, { text: 'ONE' }),
    () => im.contacts.link(alice, bob),
  ];
  for (const go of ways) await assert.rejects(go(), { code: 'must_unblock' });
  assert.equal(await count('bob'), 1);
  await im.blocks.block(bob, alice);
  await assert.rejects(im.say('alice', 'user:bob', 'two'), { code: 'blocked' });
});

test('what went before goes on: repeats, erasing, reading, notes to oneself, and groups of both', async () => {
  const sending = { fields: { text: 'one' }, clientMessageId: 'c-1' };
  const { message } = await im.messages.send(bob, toAlice, sending);
  await im.team('team', 'alice', 'bob');
  await im.blocks.block(alice, bob);
  const again = await im.messages.send(bob, toAlice, sending);
  assert.deepEqual([again.message.id, again.created], [message.id, false]);
  await assert.rejects(im.messages.send(bob, toAlice, { ...sending, clientMessageId: 'c-2' }), { code: 'blocked' });
  await im.editing.erase(bob, toAlice, message.id);
  assert.equal((await im.history.page(bob, toAlice, { limit: 5 })).items.length > 0, true);
  await im.say('bob', 'user:bob', 'a note');
  await im.say('bob', 'group:team', 'hello');
  await im.say('alice', 'group:team', 'hello');
});

test('neither of the two learns what the other has read', async () => {
  const { id } = await im.say('alice', 'user:bob', 'one');
  const theirs = await im.say('bob', 'user:alice', 'two');
  await im.blocks.block(alice, bob);
  await im.conversations.markRead(bob, toAlice, id);
  await im.conversations.markRead(alice, toBob, theirs.id);
  assert.deepEqual(await im.redis.hgetall(im.keys.receipts('ds:alice:bob' as never)), {});
  await im.blocks.unblock(alice, bob);
  await im.conversations.markRead(alice, toBob, theirs.id);
  assert.deepEqual({ ...(await im.redis.hgetall(im.keys.receipts('ds:alice:bob' as never))) }, { alice: theirs.id });
});

test('neither sees what the other had read before the block, only what it has read itself', async () => {
  const { id } = await im.say('alice', 'user:bob', 'one');
  const theirs = await im.say('bob', 'user:alice', 'two');
  await im.conversations.markRead(bob, toAlice, id);
  await im.conversations.markRead(alice, toBob, theirs.id);
  const marks = async (name: string, other: string) => {
    const receipts = await im.conversations.receipts(uid(name), conversation(`user:${other}`));
    return Object.fromEntries(receipts.map(({ uid, readUpTo }) => [uid, readUpTo]));
  };
  const all = { alice: theirs.id, bob: id };
  assert.deepEqual([await marks('alice', 'bob'), await marks('bob', 'alice')], [all, all]);
  await im.blocks.block(alice, bob);
  assert.deepEqual(await marks('bob', 'alice'), { alice: undefined, bob: id });
  assert.deepEqual(await marks('alice', 'bob'), { alice: theirs.id, bob: undefined });
  await im.blocks.unblock(alice, bob);
  assert.deepEqual(await marks('bob', 'alice'), all);
});

test('who is blocked does not learn that the other one is typing, or is there', async () => {
  await im.say('alice', 'user:bob', 'one');
  const presence = new Presence(im.store);
  const sees = async (name: string, other: string) => (await presence.list(user(name), [uid(other)])).length === 1;
  assert.deepEqual([await sees('bob', 'alice'), await sees('alice', 'bob')], [true, true]);
  await im.blocks.block(alice, bob);
  await assert.rejects(im.typing.tell(bob, toAlice), { code: 'blocked' });
  await assert.rejects(im.typing.tell(alice, toBob), { code: 'must_unblock' });
  assert.deepEqual([await sees('bob', 'alice'), await sees('alice', 'bob')], [false, true]);
});

test('a request is turned down silently between two who have blocked each other', async () => {
  await im.groups.put(user('alice'), gid('team'), { fields: {}, joinPolicy: 'approval' });
  await im.members.join(user('bob'), gid('team'), bob);
  await im.blocks.block(bob, alice);
  const before = await count('bob');
  await im.members.refuse(user('alice'), gid('team'), bob);
  assert.equal(await count('bob'), before);
  await assert.rejects(im.members.join(user('bob'), gid('team'), bob), { code: 'must_unblock' });
});

test('blocks end with either user', async () => {
  await im.blocks.block(alice, bob);
  await im.blocks.block(bob, uid('carol'));
  await im.users.remove(bob);
  assert.deepEqual(await blocked('alice'), []);
  for (const name of ['bob', 'carol']) assert.equal(await im.redis.exists(im.keys.blockedBy(uid(name))), 0);
  await im.people('bob');
  await im.say('bob', 'user:alice', 'another bob');
  await im.say('bob', 'user:carol', 'another bob');
});

test('people take messages of contacts alone where they say so, and are asked by a link, once', async () => {
  await im.users.merge(alice, {}, { directPolicy: 'contacts' });
  const fcall = await loadFunctions(im.redis, im.keys);
  await assert.rejects(im.say('bob', 'user:alice', 'hi'), { code: 'contacts_only' });
  await assert.rejects(fcall('im_send', 'bob', 'alice', 'text', 'hi'), /^ReplyError: CONTACTS_ONLY alice: /);
  for (let i = 0; i < 3; i++) {
    await im.contacts.link(bob, alice);
    await im.contacts.unlink(bob, alice);
  }
  assert.deepEqual(
    (await im.all('alice')).items.map(({ message }) => message.action),
    ['link'],
  );
  await assert.rejects(im.say('bob', 'user:alice', 'hi'), { code: 'contacts_only' });
  const { id } = await im.say('alice', 'user:bob', 'who are you?');
  await assert.rejects(im.reactions.add(bob, toAlice, id, 'ok'), { code: 'contacts_only' });
  await im.contacts.link(alice, bob);
  await im.say('bob', 'user:alice', 'hi');
  await im.reactions.add(bob, toAlice, id, 'ok');
  await im.say('alice', 'user:alice', 'a note');
  await im.users.replace(alice, {});
  await assert.rejects(
    im.say('carol', 'user:alice', 'hi'),
    { code: 'contacts_only' },
    'it stays when fields are replaced',
  );
  await im.users.merge(alice, {}, { directPolicy: 'anyone' });
  await im.say('carol', 'user:alice', 'hi');
});
