import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversation, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { im } = useIm();

test('a user is created, replaced, merged', async () => {
  const first = await im.users.replace(uid('alice'), { name: 'Alice', avatar: 'a.png' });
  assert.equal(first.created, true);
  const second = await im.users.replace(uid('alice'), { name: 'Al' });
  assert.deepEqual([second.created, { ...second.user.fields }], [false, { name: 'Al' }]);
  assert.equal(second.user.createdAt, first.user.createdAt);
  const merged = await im.users.merge(uid('alice'), { city: 'Bern', name: null });
  assert.deepEqual({ ...merged.fields }, { city: 'Bern' });
  assert.deepEqual(await im.users.get(uid('alice')), merged);
  await assert.rejects(im.users.merge(uid('bob'), { a: 'b' }), { code: 'user_not_found' });
  await assert.rejects(im.users.replace(uid('bob'), { createdAt: '0' }), { code: 'reserved_field' });
  await assert.rejects(im.users.get(uid('bob')), { code: 'user_not_found' });
  await im.people('bob');
  assert.deepEqual(
    (await im.users.some([uid('bob'), uid('none'), uid('alice')])).map((user) => user.uid),
    ['bob', 'alice'],
  );
});

test('merges can not grow a user past the limits', async () => {
  await im.users.replace(uid('alice'), Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`f${i}`, 'x'])));
  await assert.rejects(im.users.merge(uid('alice'), { more: 'x' }), { code: 'fields_too_large' });
  await im.users.merge(uid('alice'), { f0: null, more: 'x' });
  await assert.rejects(im.users.merge(uid('alice'), { more: 'x'.repeat(65_500) }), { code: 'fields_too_large' });
  assert.equal((await im.users.get(uid('alice'))).fields.more, 'x');
});

test('linking is one-sided, told once, and survives nothing being linked', async () => {
  await im.people('alice', 'bob');
  assert.equal((await im.contacts.link(uid('alice'), uid('bob'))).created, true);
  const again = await im.contacts.link(uid('alice'), uid('bob'));
  assert.equal(again.created, false);
  assert.deepEqual((await im.contacts.list(uid('alice'), { limit: 5 })).items, [again.contact]);
  assert.deepEqual((await im.contacts.list(uid('bob'), { limit: 5 })).items, []);
  for (const name of ['alice', 'bob']) {
    assert.deepEqual(
      (await im.all(name)).items.map(({ message }) => [message.action, message.from]),
      [['link', 'alice']],
    );
  }
  await im.contacts.unlink(uid('alice'), uid('bob'));
  await im.contacts.unlink(uid('alice'), uid('bob'));
  await assert.rejects(im.contacts.link(uid('alice'), uid('nobody')), { code: 'user_not_found' });
  await assert.rejects(im.contacts.link(uid('nobody'), uid('alice')), { code: 'user_not_found' });
});

test('lists come in pages without a repeat or a hole', async () => {
  const names = Array.from({ length: 7 }, (_, i) => `p${i}`);
  await im.people('alice', ...names);
  for (const name of names) await im.contacts.link(uid('alice'), uid(name));
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await im.contacts.list(uid('alice'), { limit: 3, after });
    seen.push(...page.items.map((contact) => contact.conversation));
    after = page.next;
    // Removing what was just read must not make the next page skip anything.
    await im.contacts.unlink(uid('alice'), page.items.at(-1)!.conversation.slice(5) as never);
  } while (after);
  assert.deepEqual(
    seen.sort(),
    names.map((name) => `user:${name}`),
  );
  await assert.rejects(im.contacts.list(uid('alice'), { limit: 3, after: 'what' }), { code: 'invalid_cursor' });
});

test('unread counts what came after the mark, and the mark only moves forward', async () => {
  await im.people('alice', 'bob');
  const one = await im.say('alice', 'user:bob', 'one');
  const two = await im.say('alice', 'user:bob', 'two');
  const list = async (name: string) => (await im.conversations.list(uid(name), { limit: 5 })).items;
  assert.deepEqual(
    (await list('alice')).map((c) => [c.conversation, c.unread, c.readUpTo]),
    [['user:bob', 0, two.id]],
  );
  assert.deepEqual(
    (await list('bob')).map((c) => [c.conversation, c.unread, c.readUpTo, c.last?.fields.text]),
    [['user:alice', 2, undefined, 'two']],
  );
  const read = (upTo: string) => im.conversations.markRead(uid('bob'), conversation('user:alice'), upTo as never);
  assert.equal((await read(two.id)).unread, 0);
  assert.deepEqual([(await read(one.id)).unread, (await read(one.id)).readUpTo], [0, two.id]);
  await assert.rejects(read('99-99'), { code: 'message_not_found' });
  await assert.rejects(im.conversations.markRead(uid('bob'), conversation('user:carol'), one.id), {
    code: 'conversation_not_found',
  });
  await im.say('bob', 'user:alice', 'three');
  assert.equal((await list('bob'))[0]!.unread, 0, 'sending reads');
  assert.equal((await list('alice'))[0]!.unread, 1);
});

test('joins and other events leave a conversation read; a join starts at now', async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice');
  for (let i = 0; i < 3; i++) await im.say('alice', 'group:team', `${i}`);
  await im.members.join({ kind: 'user', uid: uid('bob') }, 'team' as never, uid('bob'));
  const unread = async (name: string) =>
    (await im.conversations.list(uid(name), { limit: 5 })).items.map((c) => c.unread);
  assert.deepEqual([await unread('alice'), await unread('bob')], [[0], [0]]);
  await im.say('alice', 'group:team', 'new');
  assert.deepEqual([await unread('alice'), await unread('bob')], [[0], [1]]);
});

test('conversations come newest first, in pages', async () => {
  await im.people('alice', 'b0', 'b1', 'b2', 'b3', 'b4');
  for (const i of [3, 1, 4, 0, 2]) await im.say(`b${i}`, 'user:alice', 'x');
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await im.conversations.list(uid('alice'), { limit: 2, after });
    seen.push(...page.items.map((c) => c.conversation.slice(5)));
    after = page.next;
  } while (after);
  assert.equal(seen.length, 5);
  const times = await Promise.all(seen.map(async (name) => (await im.all(name)).items[0]!.message.sentAt));
  assert.deepEqual(times, [...times].sort().reverse());
});

test('a page of conversations reads the newest entries of that page alone', async () => {
  await im.people('alice', ...Array.from({ length: 60 }, (_, i) => `b${i}`));
  for (let i = 0; i < 60; i++) await im.say(`b${i}`, 'user:alice', 'x'.repeat(60_000));
  const output = async () => Number(/total_net_output_bytes:(\d+)/.exec(await im.redis.info('stats'))![1]);
  const before = await output();
  const page = await im.conversations.list(uid('alice'), { limit: 1 });
  assert.equal(page.items[0]?.last?.fields.text?.length, 60_000);
  const bytes = (await output()) - before;
  assert.ok(bytes < 200_000, `${bytes} bytes for one conversation`);
});

test('a full last page is the last, and those of one moment are all on a page', async () => {
  await im.people('alice');
  const peers = Array.from({ length: 4 }, (_, i) => `user:p${i}`);
  for (const peer of peers) await im.redis.zadd(im.keys.contacts(uid('alice')), 1_763_900_000_000, peer);
  const first = await im.contacts.list(uid('alice'), { limit: 2 });
  const second = await im.contacts.list(uid('alice'), { limit: 2, after: first.next });
  assert.deepEqual(
    [...first.items, ...second.items].map((contact) => contact.conversation),
    peers,
  );
  assert.equal(second.next, undefined);
});

test('the read mark follows numbers, not text: the tenth message comes after the ninth', async () => {
  await im.people('alice', 'bob');
  // All in one millisecond, so that the number alone tells their order.
  const log = im.keys.log('ds:alice:bob' as never);
  await im.redis.xadd(log, '9999999999999-8', 'uid', 'alice', 'n', '8', 'text', 'from tomorrow');
  const [nine, ten] = [await im.say('alice', 'user:bob', '9'), await im.say('alice', 'user:bob', '10')];
  assert.deepEqual([nine.id, ten.id], ['9999999999999-9', '9999999999999-10']);
  const read = (upTo: string) => im.conversations.markRead(uid('bob'), conversation('user:alice'), upTo as never);
  assert.deepEqual([(await read(nine.id)).readUpTo, (await read(ten.id)).readUpTo], [nine.id, ten.id]);
  assert.deepEqual([(await read(nine.id)).readUpTo, (await read(nine.id)).unread], [ten.id, 0]);
});
