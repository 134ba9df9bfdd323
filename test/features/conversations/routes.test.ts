import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

const list = async (uid: string, query = '') =>
  (await service.server.get(`/v1/users/${uid}/conversations?${query}`).expect(200)).body;
const read = (uid: string, conversation: string, upTo: string) =>
  service.server.put(`/v1/users/${uid}/conversations/${conversation}/read`, { upTo });

test('conversations: newest first, with the newest entry and what is unread', async () => {
  await service.people('alice', 'bob', 'carol');
  await service.team('team', 'carol', 'bob');
  await service.say('alice', 'user:bob', 'one');
  const last = await service.say('alice', 'user:bob', 'two');
  const { items } = await list('bob');
  assert.deepEqual(
    items.map((item: { conversation: string; unread: number }) => [item.conversation, item.unread]),
    [
      ['user:alice', 2],
      ['group:team', 0],
    ],
  );
  assert.deepEqual(items[0].last, { ...last, conversation: 'user:alice' });
  assert.equal(items[0].readUpTo, undefined);
  assert.equal(items[1].last.action, 'join');
  // What one sends oneself is read.
  const [own] = (await list('alice')).items;
  assert.deepEqual([own.conversation, own.unread, own.readUpTo], ['user:bob', 0, last.id]);
});

test('the read mark moves forward and never back', async () => {
  await service.people('dave', 'emma');
  const first = await service.say('dave', 'user:emma', '1');
  const second = await service.say('dave', 'user:emma', '2');
  const third = await service.say('dave', 'user:emma', '3');
  const { body } = await read('emma', 'user:dave', second.id).expect(200);
  assert.deepEqual([body.unread, body.readUpTo, body.last.id], [1, second.id, third.id]);
  const back = await read('emma', 'user:dave', first.id).expect(200);
  assert.deepEqual(back.body, body);
  assert.equal((await read('emma', 'user:dave', third.id).expect(200)).body.unread, 0);
  assert.deepEqual((await list('emma')).items[0].readUpTo, third.id);
  await service.say('dave', 'user:emma', '4');
  assert.equal((await list('emma')).items[0].unread, 1);
});

test('a mark that does not exist, and a conversation that does not, are refused', async () => {
  await service.people('finn', 'gina');
  await service.say('finn', 'user:gina', 'hi');
  const missing = await read('gina', 'user:finn', '1-99').expect(404);
  assert.equal(missing.body.code, 'message_not_found');
  const none = await read('gina', 'user:nobody', '1-1').expect(404);
  assert.equal(none.body.code, 'conversation_not_found');
  for (const upTo of ['', 'x', '5', '$', '0', '18446744073709551616-0']) {
    assert.equal((await read('gina', 'user:finn', upTo).expect(400)).body.code, 'invalid_request', upTo);
  }
  assert.equal((await list('gina')).items[0].unread, 1);
});

test('joins make nothing unread; a member who comes later starts with nothing unread', async () => {
  await service.people('hugo', 'ines', 'jose');
  await service.team('late', 'hugo', 'ines');
  await service.say('hugo', 'group:late', 'before');
  await service.server.put('/v1/groups/late/members/jose').expect(201);
  const unread = async (uid: string) => (await list(uid)).items[0].unread;
  assert.deepEqual([await unread('hugo'), await unread('ines'), await unread('jose')], [0, 1, 0]);
  await service.say('ines', 'group:late', 'after');
  assert.deepEqual([await unread('hugo'), await unread('ines'), await unread('jose')], [1, 0, 1]);
});

test('the list has pages, each conversation once', async () => {
  const peers = ['p1', 'p2', 'p3', 'p4', 'p5'];
  await service.people('kate', ...peers);
  for (const peer of peers) await service.say(peer, 'user:kate', 'hi');
  const seen: string[] = [];
  const sizes: number[] = [];
  let query = 'limit=2';
  for (;;) {
    const page = await list('kate', query);
    sizes.push(page.items.length);
    seen.push(...page.items.map((item: { conversation: string }) => item.conversation));
    if (page.next === undefined) break;
    query = `limit=2&after=${encodeURIComponent(page.next)}`;
  }
  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(seen.toSorted(), peers.map((peer) => `user:${peer}`).toSorted());
  const wrong = await service.server.get('/v1/users/kate/conversations?after=nonsense').expect(400);
  assert.equal(wrong.body.code, 'invalid_cursor');
});
