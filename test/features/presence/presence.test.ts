import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { AppOptions } from '../../../src/app.ts';
import { eventually } from '../../helpers/delivery.ts';
import { uid } from '../../helpers/im.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';

/** Who is there: noted by their nodes, told to who may know, and gone when a node has died. */

const SOON: AppOptions = { presence: { graceMs: 300, renewMs: 150 } };

let redis: TestRedis;
let service: Service;
const services: Service[] = [];
const open: SocketClient[] = [];
before(async () => {
  redis = await startRedis();
});
after(() => redis?.stop());
beforeEach(async () => {
  service = await anotherNode();
  await service.people('alice', 'bob', 'carol');
  // Alice may know of bob, and not the other way round.
  await service.server.put('/v1/users/bob/contacts/alice').expect(201);
  // The event of it has made a direct chat of the two, which tells as much: only the contact is to.
  await service.redis.del(service.keys.read(uid('alice')), service.keys.read(uid('bob')));
});
afterEach(async () => {
  for (const client of open.splice(0)) client.ws.terminate();
  for (const one of services.splice(0)) await one.close();
});

async function anotherNode(options: AppOptions = SOON, config = {}): Promise<Service> {
  const prefix = services[0] ? { keyPrefix: services[0].config.keyPrefix } : {};
  const node = await startService(redis, { ...prefix, ...config }, options);
  services.push(node);
  return node;
}

async function follow(name: string, watch = '', on = service): Promise<SocketClient> {
  const query = watch === '' ? '' : `?watch=${watch}`;
  const client = await SocketClient.live(on, `/v1/users/${name}/inbox/socket${query}`, API_KEY);
  open.push(client);
  return client;
}

const told = (client: SocketClient) =>
  client.frames.flatMap(({ event, data }) => (event === 'presence' ? [[data?.uid, data?.online]] : []));
const toldLast = (client: SocketClient, online: boolean, count: number) =>
  eventually(
    () => told(client).length === count && told(client).at(-1)?.[1] === online,
    `${count} words, the last one ${online}; there is ${JSON.stringify(told(client))}`,
  );
const seenBy = async (name: string, ids: string) => {
  const { body } = await (await service.user(name)).get(`/v1/presence?ids=${ids}`).expect(200);
  return body.items as { uid: string; online: boolean; lastSeenAt?: string }[];
};
const isOnline = async (name: string) =>
  (await service.server.get(`/v1/presence?ids=${name}`).expect(200)).body.items[0].online as boolean;
const key = () => service.keys.presence(uid('bob'));

test('who watches is told how it is, and when somebody comes and goes', async () => {
  const alice = await follow('alice', 'bob');
  await toldLast(alice, false, 1);
  const before = Date.now();
  const bob = await follow('bob');
  await toldLast(alice, true, 2);
  assert.deepEqual(await seenBy('alice', 'bob'), [{ uid: 'bob', online: true }]);
  bob.ws.close();
  await toldLast(alice, false, 3);
  const { data, cursor } = alice.frames.at(-1)!;
  assert.equal(cursor, undefined);
  assert.ok(Date.parse(String(data?.lastSeenAt)) >= before, JSON.stringify(data));
  assert.deepEqual(await seenBy('alice', 'bob'), [data]);
});

test('somebody with several streams, on several nodes, is there until the last one is gone', async () => {
  const other = await anotherNode();
  const alice = await follow('alice', 'bob', other);
  await toldLast(alice, false, 1);
  const [here, second, there] = [await follow('bob'), await follow('bob'), await follow('bob', '', other)];
  await toldLast(alice, true, 2);
  await eventually(async () => (await service.redis.zcard(key())) === 2, 'both nodes');
  for (const client of [here, second]) client.ws.close();
  await eventually(async () => (await service.redis.zscore(key(), 'gone')) !== null, 'the one node');
  assert.equal(await isOnline('bob'), true);
  there.ws.close();
  await toldLast(alice, false, 3);
});

test('who comes back soon was never gone', async () => {
  const alice = await follow('alice', 'bob');
  await toldLast(alice, false, 1);
  for (let i = 0; i < 3; i++) {
    const bob = await follow('bob');
    bob.ws.close();
    await bob.end();
  }
  const bob = await follow('bob');
  await toldLast(alice, true, 2);
  assert.equal(await service.redis.zscore(key(), 'gone'), null);
  bob.ws.close();
  await toldLast(alice, false, 3);
});

test('a long-poll is a presence, too', async () => {
  const poll = service.server.get('/v1/users/bob/inbox?start=$&block=5000');
  const answered = poll.then((answer) => answer);
  await eventually(() => isOnline('bob'), 'bob to be there');
  await service.say('alice', 'user:bob', 'hi');
  assert.equal((await answered).status, 200);
  await eventually(async () => !(await isOnline('bob')), 'bob to be gone');
});

test('only who somebody has as a contact or in a direct chat may know', async () => {
  await follow('bob');
  await eventually(() => isOnline('bob'), 'bob to be there');
  assert.deepEqual(await seenBy('carol', 'bob,nobody'), []);
  assert.deepEqual(await seenBy('alice', 'nobody,bob,carol,alice'), [
    { uid: 'bob', online: true },
    { uid: 'alice', online: false },
  ]);
  assert.deepEqual(
    (await service.server.get('/v1/presence?ids=bob,nobody,carol').expect(200)).body.items.map(
      (one: { uid: string }) => one.uid,
    ),
    ['bob', 'carol'],
  );
  // Alice has bob nowhere: he may not know of her.
  assert.deepEqual(await seenBy('bob', 'alice'), []);
  const carol = await follow('carol', 'bob');
  await service.say('bob', 'user:carol', 'a direct chat');
  assert.deepEqual(await seenBy('carol', 'bob'), [{ uid: 'bob', online: true }]);
  assert.deepEqual(told(carol), [], 'at first nothing was to be known');
});

test('who may not know any more is not told any more', async () => {
  await service.server.put('/v1/users/bob/contacts/carol').expect(201);
  const [alice, carol] = [await follow('alice', 'bob'), await follow('carol', 'bob')];
  for (const client of [alice, carol]) await toldLast(client, false, 1);
  await service.server.delete('/v1/users/bob/contacts/alice').expect(204);
  await service.redis.del(service.keys.read(uid('bob')));
  await follow('bob');
  await toldLast(carol, true, 2);
  assert.deepEqual(told(alice), [['bob', false]]);
});

test('the users of a node that has died are gone, and who watches is told', async () => {
  const alice = await follow('alice', 'bob');
  await toldLast(alice, false, 1);
  // As another node says it, which then says nothing more.
  await service.redis.zadd(key(), Date.now(), 'another-node');
  const watching = await follow('alice', 'bob');
  await toldLast(watching, true, 1);
  const died = Date.now() - 45_000;
  await service.redis.zadd(key(), died, 'another-node');
  await toldLast(watching, false, 2);
  assert.equal(watching.frames.at(-1)?.data?.lastSeenAt, new Date(died).toISOString());
  // A user who comes back leaves nothing of it.
  await follow('bob');
  await toldLast(watching, true, 3);
  assert.deepEqual((await service.redis.zrange(key(), '0', '-1')).includes('another-node'), false);
});

test('what Redis has lost is said again, and told', async () => {
  await follow('bob');
  const alice = await follow('alice', 'bob');
  await eventually(() => told(alice).at(-1)?.[1] === true, 'bob to be there');
  await service.redis.del(key());
  await eventually(() => isOnline('bob'), 'bob to be there again');
  await eventually(() => told(alice).at(-1)?.[1] === true, 'alice to be told');
});

test('after a loss of signals those are looked at again who may have come', async () => {
  const alice = await follow('alice', 'bob');
  await toldLast(alice, false, 1);
  // Nobody tells of this one, and what tells of its end is that it was looked at.
  await service.redis.zadd(key(), Date.now() - 29_000, 'another-node');
  await service.redis.del(service.keys.signals());
  await eventually(() => told(alice).length > 1, 'a second look');
  assert.deepEqual(told(alice).at(-1), ['bob', false]);
});

test('it goes with the user, and a node does not bring it back', async () => {
  const witness = await follow('carol');
  await follow('bob');
  await eventually(() => isOnline('bob'), 'bob to be there');
  await service.server.delete('/v1/users/bob').expect(204);
  assert.equal(await service.redis.exists(key()), 0);
  // A stream that has ended is noted for a while, as of one who may come back.
  const said = () => service.redis.zscore(service.keys.presence(uid('carol')), node);
  const [node] = (await service.redis.zrange(service.keys.presence(uid('carol')), '0', '-1')) as [string];
  const before = await said();
  await eventually(async () => (await said()) !== before, 'a word of the node after that');
  assert.equal(await service.redis.exists(key()), 0);
  assert.deepEqual((await service.server.get('/v1/presence?ids=bob').expect(200)).body.items, []);
  witness.ws.close();
});

test('a node that stops leaves its users to the next one', async () => {
  const other = await anotherNode();
  await follow('bob', '', other);
  await eventually(() => isOnline('bob'), 'bob to be there');
  await other.close();
  assert.equal(await isOnline('bob'), true, 'as long as one may come back');
});

test('with PRESENCE=off nothing is written, and whoever asks is told so', async () => {
  const off = await anotherNode(SOON, { keyPrefix: `${service.config.keyPrefix}off:`, presence: false });
  await off.people('dora');
  await follow('dora', '', off);
  assert.equal((await off.server.get('/v1/presence?ids=dora').expect(409)).body.code, 'presence_off');
  const bearer = { authorization: `Bearer ${await userToken('dora')}` };
  for (const path of ['stream', 'socket']) {
    const answer = await fetch(`${off.url}/v1/users/dora/inbox/${path}?watch=dora`, { headers: bearer });
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [409, 'presence_off'], path);
  }
  assert.deepEqual(await off.redis.keys(`${off.config.keyPrefix}pr:*`), []);
});

test('what is to be watched is a list of uids, of at most a hundred', async () => {
  for (const watch of ['', 'me', 'a,,b', 'a b', Array.from({ length: 101 }, (_, i) => `u${i}`).join()]) {
    for (const path of [`/v1/users/bob/inbox/stream?watch=${watch}`, `/v1/presence?ids=${watch}`]) {
      assert.equal((await service.server.get(path).expect(400)).body.code, 'invalid_request', path);
    }
  }
});
