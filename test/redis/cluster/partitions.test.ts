import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { Moves } from '../../../src/features/spaces/moves.ts';
import { Spaces } from '../../../src/features/spaces/spaces.ts';
import { slotOf } from '../../../src/redis/cluster/slots.ts';
import { tagOf, tagsOf } from '../../../src/redis/cluster/tag.ts';
import { Store } from '../../../src/redis/store.ts';
import { randomPrefix } from '../../helpers/redis.ts';
import { TestCluster } from '../../helpers/redis-cluster.ts';
import { type RedisServer, until } from '../../helpers/redis-server.ts';
import { type Service, startService } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON, type TestSpace } from '../../helpers/spaces.ts';

/** Spaces that are dealt out to the masters of a cluster. */

const PARTITIONS = 3;
const TAGS = tagsOf(PARTITIONS);

let cluster: TestCluster;
const services: Service[] = [];
const clients: SocketClient[] = [];

before(async () => {
  // One that is killed comes back with what it had.
  cluster = await TestCluster.start({ args: ['--appendonly', 'yes'] });
});
after(() => cluster?.stop());
afterEach(async () => {
  for (const client of clients.splice(0)) client.ws.terminate();
  for (const service of services.splice(0)) await service.close();
  for (const server of cluster.servers) if (!server.isUp) await server.restart();
  await cluster.healthy();
});

async function start(overrides: Parameters<typeof startService>[1] = {}): Promise<Service> {
  const settings = { ...SPACES_ON, partitions: PARTITIONS, presence: false, ...overrides };
  const service = await startService(cluster, settings);
  services.push(service);
  return service;
}

/** A name of a space that belongs to this partition. */
function nameIn(partition: number): string {
  for (let i = 0; ; i++) if (tagOf(`acme${i}` as SpaceName, TAGS) === TAGS[partition]) return `acme${i}`;
}

/** A space in each partition, with two people each. */
async function spacesOf(service: Service): Promise<TestSpace[]> {
  const spaces = [];
  for (let i = 0; i < PARTITIONS; i++) spaces.push(await makeSpace(service, nameIn(i), {}, 'alice', 'bob'));
  return spaces;
}

const metaOf = ({ config }: Service, space: TestSpace, tag = tagOf(space.name as SpaceName, TAGS)) =>
  `${config.keyPrefix}${tag}@${space.name}:im:meta`;

async function epochOf(service: Service, space: TestSpace, tag?: string): Promise<string | null> {
  const key = metaOf(service, space, tag);
  return (await cluster.masterOf(key)).admin.hget(key, 'epoch');
}

async function follow(service: Service, { serverKey }: TestSpace, start?: string): Promise<SocketClient> {
  const path = `/v1/users/bob/inbox/socket${start ? `?start=${start}` : ''}`;
  const client = await SocketClient.live(service, path, serverKey);
  clients.push(client);
  return client;
}

/** Tries until a message is taken. @returns the answers before */
async function sayUntilDone(space: TestSpace, text: string): Promise<number[]> {
  const statuses: number[] = [];
  await until(`"${text}" is taken`, async () => {
    const { status } = await space.server.post('/v1/users/alice/conversations/user:bob/messages', {
      fields: { text },
      clientMessageId: text,
    });
    statuses.push(status);
    return status === 201 || status === 200;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${statuses}`);
  });
  return statuses;
}

/** A master of a partition, but not that of the default space, and what lies there and elsewhere. */
async function apart(service: Service, spaces: TestSpace[]) {
  const main = await cluster.masterOf(service.keys.meta());
  const masters = await Promise.all(spaces.map((space) => cluster.masterOf(metaOf(service, space))));
  const victim = masters.find((master) => master !== main)!;
  const inShard = (isIn: boolean) => spaces.filter((_, i) => (masters[i] === victim) === isIn);
  return { victim, there: inShard(true), elsewhere: inShard(false) };
}

async function texts(spaces: TestSpace[], text: string): Promise<void> {
  for (const space of spaces) await space.say('alice', 'user:bob', text);
}

test("each tag's slot lies in a stretch of its own, and all of them are the same everywhere", () => {
  assert.deepEqual(tagsOf(3), ['{q0}', '{q1}', '{q2}']);
  for (const count of [1, 2, 16, 256]) {
    const stretches = tagsOf(count).map((tag) => Math.floor((slotOf(tag) * count) / 16_384));
    assert.deepEqual(
      stretches,
      Array.from({ length: count }, (_, i) => i),
    );
  }
});

test('spaces lie on different masters, each with all its keys in one slot, and know nothing of each other', async () => {
  const service = await start();
  const spaces = await spacesOf(service);
  const followers = await Promise.all(spaces.map((space) => follow(service, space)));
  for (const [i, space] of spaces.entries()) await space.say('alice', 'user:bob', `for ${i}`);
  for (const [i, bob] of followers.entries()) {
    await bob.until(() => bob.texts.length > 0, 'the message');
    assert.deepEqual(bob.texts, [`for ${i}`]);
    assert.deepEqual(await spaces[i]!.texts('bob'), [`for ${i}`]);
  }
  const { keyPrefix } = service.config;
  const holders = new Set<RedisServer>();
  for (const [i, space] of spaces.entries()) {
    const master = await cluster.masterOf(metaOf(service, space));
    holders.add(master);
    const keys = await master.admin.keys(`${keyPrefix}*@${space.name}:*`);
    assert.ok(keys.length > 5 && keys.every((key) => key.startsWith(`${keyPrefix}${TAGS[i]}@`)), `${keys}`);
  }
  assert.equal(holders.size, 3);
  const { body } = await service.with().get('/readyz').expect(200);
  assert.deepEqual(body, { status: 'ready', reasons: [], away: [] });
  const { text } = await service.with().get('/metrics').expect(200);
  for (const name of ['im', 'q0', 'q1', 'q2'])
    assert.match(text, new RegExp(`redisim_feed_lag_seconds\\{partition="${name}"\\} [\\d.]+`));
});

test('a node that starts with another number of partitions says what to change', async () => {
  const { config } = await start();
  const other = start({ keyPrefix: config.keyPrefix, partitions: 4 });
  await assert.rejects(other, /PARTITIONS was 4, but .* dealt out to 3.*: set PARTITIONS=3/);
});

test('spaces that were there before there were partitions stay where they are', async () => {
  const keyPrefix = randomPrefix();
  const key = `${keyPrefix}{im}im:spaces`;
  const record = { createdAt: 1, state: 'active', secret: 's', serverKeys: [{ sha256: '00' }], limits: {} };
  await (await cluster.masterOf(key)).admin.hset(key, 'acme', JSON.stringify(record));
  await start({ keyPrefix });
  const found = JSON.parse((await (await cluster.masterOf(key)).admin.hget(key, 'acme'))!);
  assert.deepEqual(found, { ...record, partition: 'im' });
});

test('a shard that is silent: its spaces get 503 or 504, the others go on, and streams with them', async () => {
  const service = await start({ commandTimeoutMs: 500, heartbeatMs: 200 });
  const spaces = await spacesOf(service);
  const { victim, there, elsewhere } = await apart(service, spaces);
  const others = await Promise.all(elsewhere.map((space) => follow(service, space)));
  victim.pause();
  try {
    const send = (space: TestSpace) =>
      space.server.post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'x' } });
    await until('its spaces are refused', async () => {
      const statuses = await Promise.all(there.map(async (space) => (await send(space)).status));
      return statuses.every((status) => status === 503);
    });
    const since = performance.now();
    await texts(elsewhere, 'meanwhile');
    for (const bob of others) {
      const beats = bob.frames.filter(({ event }) => event === 'heartbeat').length;
      await bob.until(() => bob.texts.includes('meanwhile'), 'a message of another shard');
      await bob.until(() => bob.frames.filter(({ event }) => event === 'heartbeat').length > beats, 'a heartbeat');
      assert.ok(bob.frames.every(({ event }) => event !== 'gap' && event !== 'bye'));
    }
    assert.ok(performance.now() - since < 5_000);
    await until('the partition is told to be away', async () => {
      const { status, body } = await service.with().get('/readyz');
      assert.equal(status, 200);
      return body.away.length === there.length;
    });
  } finally {
    victim.resume();
  }
  await cluster.healthy();
  for (const space of there) await sayUntilDone(space, 'again');
});

test('a failover of one shard moves the epochs of its spaces alone', async () => {
  const service = await start();
  const spaces = await spacesOf(service);
  const { there, elsewhere } = await apart(service, spaces);
  const epochs = (some: TestSpace[]) => Promise.all(some.map((space) => epochOf(service, space)));
  const [before, beforeElsewhere] = [await epochs(there), await epochs(elsewhere)];
  const [told, untold] = await Promise.all(
    [there, elsewhere].map((some) => Promise.all(some.map((one) => follow(service, one)))),
  );
  await texts(spaces, 'before');
  await cluster.failover(metaOf(service, there[0]!));
  for (const space of spaces) await sayUntilDone(space, 'after');
  for (const bob of [...told!, ...untold!]) await bob.until(() => bob.texts.includes('after'), 'the message after it');
  assert.ok(told!.every(({ frames }) => frames.some(({ event }) => event === 'gap')));
  assert.ok(untold!.every(({ frames }) => frames.every(({ event }) => event !== 'gap')));
  for (const [i, epoch] of (await epochs(there)).entries()) assert.notEqual(epoch, before[i]);
  assert.deepEqual(await epochs(elsewhere), beforeElsewhere);
});

test('a node that starts while a shard is away serves the others, and that one when it is back', async () => {
  const first = await start();
  const spaces = await spacesOf(first);
  const { victim, there, elsewhere } = await apart(first, spaces);
  const replicas = await cluster.replicasOf(victim);
  for (const replica of replicas) await replica.kill();
  await victim.kill();
  const service = await start({ keyPrefix: first.config.keyPrefix });
  const here = (some: TestSpace[]) =>
    some.map((space) => ({ ...space, server: service.with(space.serverKey) }) as TestSpace);
  for (const space of here(elsewhere)) assert.equal((await sayUntilDone(space, 'one')).length, 1);
  const { body } = await service.with().get('/readyz').expect(200);
  assert.equal(body.away.length, there.length);
  for (const space of here(there)) await space.server.get('/v1/users/bob').expect(503);
  await service.with(ADMIN_KEY).get('/v1/spaces').expect(200);
  await victim.restart();
  for (const replica of replicas) await replica.restart();
  for (const space of here(there)) {
    await sayUntilDone(space, 'two');
    const bob = await follow(service, space);
    await sayUntilDone(space, 'three');
    await bob.until(() => bob.texts.includes('three'), 'what its feed tells');
  }
});

test('a space that is moved goes on in another partition, and its cursors and keys live on', async () => {
  const one = await start();
  const node = await start({ keyPrefix: one.config.keyPrefix });
  const space = await makeSpace(one, nameIn(0), { limits: { users: 5 } }, 'alice', 'bob');
  const beside = await makeSpace(one, nameIn(1), {}, 'alice', 'bob');
  const bob = await follow(node, space);
  const besideBob = await follow(node, beside);
  await space.say('alice', 'user:bob', 'before');
  await bob.until(() => bob.texts.includes('before'), 'the message before it');
  const cursor = bob.frames.findLast(({ event }) => event === 'message')!.cursor!;
  const epoch = await epochOf(one, space);
  const moves = new Moves(storeOf(one, await one.link.openPartitions(PARTITIONS)));
  const moving = moves.move(space.name as SpaceName, 'q1');
  const paused = await until503(space);
  assert.ok(paused, 'it is paused meanwhile');
  await beside.say('alice', 'user:bob', 'meanwhile');
  assert.ok((await moving) > 5);
  await bob.until(() => bob.frames.some(({ event }) => event === 'bye'), 'the end of the stream');
  assert.equal(bob.frames.at(-1)!.data!.reason, 'shutdown');
  for (const service of [one, node]) {
    const there = { ...space, server: service.with(space.serverKey) };
    assert.equal((await sayUntilDone(there, 'after')).length, 1, 'both nodes know where it is');
  }
  const again = await follow(node, space, cursor);
  await again.until(() => again.texts.includes('after'), 'the message after it');
  assert.deepEqual(again.texts, ['after']);
  assert.ok(again.frames.every(({ event }) => event !== 'gap'));
  await space.say('alice', 'user:bob', 'live');
  await again.until(() => again.texts.includes('live'), 'a message by the other feed');
  assert.ok(besideBob.frames.every(({ event }) => event !== 'bye'));
  assert.equal(await epochOf(one, space, TAGS[1]), epoch);
  const former = await cluster.masterOf(TAGS[0]!);
  assert.deepEqual(await former.admin.keys(`${one.config.keyPrefix}${TAGS[0]}@*`), []);
  // Once more, and back; then it is removed, and a new one of its name begins later.
  await moves.move(space.name as SpaceName, 'q0');
  await sayUntilDone(space, 'back');
  await moves.move(space.name as SpaceName, 'q2');
  await one.with(ADMIN_KEY).delete(`/v1/spaces/${space.name}`).expect(204);
  await until('all is gone', async () => (await one.with(ADMIN_KEY).get(`/v1/spaces/${space.name}`)).status === 404);
  for (const tag of TAGS) {
    const master = await cluster.masterOf(tag);
    assert.deepEqual(await master.admin.keys(`${one.config.keyPrefix}*@${space.name}:*`), []);
  }
  await makeSpace(one, space.name);
  assert.ok(Number(await epochOf(one, space)) > Number(epoch));
});

test('a move that fails leaves nothing, and the space goes on where it was', async () => {
  const service = await start();
  const space = await makeSpace(service, nameIn(0), {}, 'alice', 'bob');
  const moves = new Moves(storeOf(service, await service.link.openPartitions(PARTITIONS)));
  await assert.rejects(moves.move(space.name as SpaceName, 'q0'), /is in the partition "q0" already/);
  await assert.rejects(
    moves.move(space.name as SpaceName, 'q9'),
    /there is no partition "q9": they are im, q0, q1, q2/,
  );
  const moving = moves.move(space.name as SpaceName, 'q2');
  await until503(space);
  // Somebody resumes it meanwhile.
  await new Spaces(storeOf(service, await service.link.openPartitions(PARTITIONS))).pause(
    space.name as SpaceName,
    false,
  );
  await assert.rejects(moving, /was resumed or moved by somebody else meanwhile/);
  assert.equal((await sayUntilDone(space, 'still-here')).length, 1);
  const master = await cluster.masterOf(TAGS[2]!);
  assert.deepEqual(await master.admin.keys(`${service.config.keyPrefix}${TAGS[2]}@*`), []);
});

function storeOf({ config }: Service, partitions: Parameters<typeof Store.over>[0]): Store {
  const shared = { settings: config, onRefusedWrites: () => {}, onNewerLevel: () => {} };
  return Store.over(partitions, config.keyPrefix, shared);
}

async function until503({ server }: TestSpace): Promise<boolean> {
  await until('the space is paused', async () => (await server.get('/v1/users/bob')).status === 503);
  return true;
}
