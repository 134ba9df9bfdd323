import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TestCluster } from '../../helpers/redis-cluster.ts';
import type { RedisServer } from '../../helpers/redis-server.ts';
import { type Service, startService } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';

/** The whole service on a cluster. */

let cluster: TestCluster;
const services: Service[] = [];
const clients: SocketClient[] = [];

before(async () => {
  cluster = await TestCluster.start();
});
after(() => cluster?.stop());
afterEach(async () => {
  for (const client of clients.splice(0)) client.ws.terminate();
  for (const service of services.splice(0)) await service.close();
  await cluster.healthy();
});

async function start(overrides: Parameters<typeof startService>[1] = {}): Promise<Service> {
  const service = await startService(cluster, overrides);
  services.push(service);
  return service;
}

async function follow(service: Service, uid: string): Promise<SocketClient> {
  const client = await SocketClient.live(service, `/v1/users/${uid}/inbox/socket`);
  clients.push(client);
  return client;
}

/** Sends until it is taken, as a client does that is told to try again. */
async function sayUntilDone(service: Service, text: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let tries = 0; tries < 200; tries++) {
    const body = { fields: { text }, clientMessageId: text };
    const { status } = await service.server.post('/v1/users/alice/conversations/user:bob/messages', body);
    statuses.push(status);
    if (status < 300) return statuses;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never done: ${statuses}`);
}

const masterOf = (service: Service): Promise<RedisServer> => cluster.masterOf(service.keys.meta());
const epochOf = (service: Service) => service.redis.hget(service.keys.meta(), 'epoch');

test('sends, reads and streams, with all keys of the default space in one slot', async () => {
  const service = await start();
  await service.people('alice', 'bob');
  await service.team('team', 'alice', 'bob');
  const bob = await follow(service, 'bob');
  await service.say('alice', 'user:bob', 'one');
  await service.say('alice', 'group:team', 'two');
  await bob.until(({ length }) => length > 0 && bob.texts.includes('two'), 'both messages');
  assert.deepEqual(bob.texts, ['one', 'two']);
  const { body } = await service.server.get('/v1/users/bob/conversations').expect(200);
  assert.equal(body.items.length, 2);
  const prefix = service.config.keyPrefix;
  for (const server of cluster.servers) {
    const keys = await server.admin.keys(`${prefix}*`);
    assert.ok(
      keys.every((key) => key.startsWith(`${prefix}{im}`)),
      `${keys}`,
    );
  }
});

test('a node is told of what another one, which came by another server, has sent', async () => {
  const one = await start();
  const other = await startService({ target: { url: cluster.urls.at(-1)! } }, { keyPrefix: one.config.keyPrefix });
  services.push(other);
  await one.people('alice', 'bob');
  const bob = await follow(other, 'bob');
  await one.say('alice', 'user:bob', 'across');
  await bob.until(() => bob.texts.length > 0, 'the message');
  assert.deepEqual(bob.texts, ['across']);
});

test('a failover by hand: nothing that was acknowledged is lost, and the stream goes on or tells a gap', async () => {
  const service = await start();
  await service.people('alice', 'bob');
  const bob = await follow(service, 'bob');
  await sayUntilDone(service, 'before');
  const epoch = await epochOf(service);
  await cluster.failover(service.keys.meta());
  const statuses = await sayUntilDone(service, 'after');
  assert.ok(
    statuses.every((status) => [200, 201, 503, 504].includes(status)),
    `${statuses}`,
  );
  await bob.until(() => bob.texts.includes('after'), 'the message after it');
  assert.deepEqual([...new Set(bob.texts)], ['before', 'after']);
  assert.notEqual(await epochOf(service), epoch, 'another server serves: no id of before is given out again');
  assert.ok(bob.frames.some(({ event }) => event === 'gap'));
});

test('a master that dies: a replica takes over, nothing is sent twice, and the stream goes on', async () => {
  const service = await start();
  await service.people('alice', 'bob');
  const bob = await follow(service, 'bob');
  await sayUntilDone(service, 'before');
  const former = await masterOf(service);
  former.pause();
  // In flight when it dies: whether it was done is unknown, and nobody does it again on the other one.
  const inFlight = service.server.post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'lost' } });
  const answer = inFlight.then(({ status }) => status);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await former.kill();
  assert.equal(await answer, 504);
  await cluster.takenOver(service.keys.meta(), former);
  await sayUntilDone(service, 'after');
  await bob.until(() => bob.texts.includes('after'), 'the message after it');
  assert.deepEqual([...new Set(bob.texts)], ['before', 'after']);
  await former.restart();
});

test('a shard that is away takes nothing of another one along', async () => {
  const service = await start();
  await service.people('alice', 'bob');
  const own = await masterOf(service);
  const another = (await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => cluster.masterOf(key)))).find(
    (server) => server !== own,
  )!;
  another.pause();
  try {
    for (const text of ['one', 'two', 'three']) await service.say('alice', 'user:bob', text);
    await service.server.get('/readyz').expect(200);
  } finally {
    another.resume();
  }
});

test('data of the other layout is not passed over in silence', async () => {
  const keyPrefix = 'laid-out:';
  const key = `${keyPrefix}im:meta`;
  const { admin } = await cluster.masterOf(key);
  await admin.hset(key, 'schema', '1');
  try {
    await assert.rejects(
      startService(cluster, { keyPrefix }),
      /written outside of a cluster \(the key laid-out:im:meta\)/,
    );
  } finally {
    await admin.del(key);
  }
  await assert.rejects(startService(cluster, { keyPrefix: 'a{b}:' }), /KEY_PREFIX was "a\{b\}:"; in a cluster/);
});
