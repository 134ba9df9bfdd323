import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Redis } from 'ioredis';
import { ImError } from '../../../src/domain/errors.ts';
import { slotOf } from '../../../src/redis/cluster/slots.ts';
import { DEFAULT_TAG } from '../../../src/redis/cluster/tag.ts';
import { openRedis, type RedisLink } from '../../../src/redis/connection/link.ts';
import { asImError } from '../../../src/redis/failure.ts';
import { quiet } from '../../helpers/im.ts';
import { startRedis } from '../../helpers/redis.ts';
import { TestCluster } from '../../helpers/redis-cluster.ts';
import { RedisServer, serverArgs, until } from '../../helpers/redis-server.ts';

/** What a server of a cluster answers who is not, or not quite, the master of the keys. */

const SLOT = slotOf(DEFAULT_TAG);
const KEY = `${DEFAULT_TAG}key`;

let cluster: TestCluster;
let link: RedisLink;
/** The master of the slot, and another one. */
let owner: RedisServer;
let other: RedisServer;

before(async () => {
  cluster = await TestCluster.start({ replicas: 0 });
});
after(() => cluster?.stop());
beforeEach(async () => {
  owner = await cluster.masterOf(KEY);
  other = cluster.servers.find((server) => server !== owner)!;
  link = await openRedis(cluster.target, { commandTimeoutMs: 1_000, log: quiet });
});
afterEach(() => link.close());

const idOf = async ({ admin }: RedisServer) => String(await admin.cluster('MYID'));
const setSlot = ({ admin }: RedisServer, ...words: string[]) => admin.call('CLUSTER', 'SETSLOT', SLOT, ...words);

/** A write that is refused with a word of the server's, and was not done. */
async function refused(word: string): Promise<void> {
  const error = await link.commands.set(KEY, '1').then(
    () => assert.fail('it was done'),
    (failure: Error) => failure,
  );
  assert.match(error.message, new RegExp(`^${word} `));
  const told = asImError(error);
  assert.ok(told instanceof ImError && told.code === 'unavailable', `${told}`);
}

const works = () => until('a write that works', async () => (await link.commands.set(KEY, '1')) === 'OK');
const setsAt = async ({ admin }: RedisServer) =>
  Number(/^cmdstat_set:calls=(\d+)/m.exec(await admin.info('commandstats'))?.[1] ?? 0);

async function moveSlot(from: RedisServer, to: RedisServer): Promise<void> {
  await from.admin.del(KEY);
  const id = await idOf(to);
  await setSlot(to, 'NODE', id);
  await to.admin.call('CLUSTER', 'BUMPEPOCH');
  await setSlot(from, 'NODE', id);
  await cluster.healthy();
  assert.equal(await cluster.masterOf(KEY), to);
}

test('MOVED: refused once, then the new master is asked; nothing was sent again', async () => {
  await works();
  await moveSlot(owner, other);
  const before = await setsAt(other);
  await refused('MOVED');
  assert.equal(await setsAt(other), before);
  await works();
  assert.equal(await other.admin.get(KEY), '1');
  await moveSlot(other, owner);
});

test('ASK: a slot on its way is refused, and serves again where it ends', async () => {
  await owner.admin.del(KEY);
  await setSlot(other, 'IMPORTING', await idOf(owner));
  await setSlot(owner, 'MIGRATING', await idOf(other));
  await refused('ASK');
  for (const server of [owner, other]) await setSlot(server, 'STABLE');
  await works();
});

test('CLUSTERDOWN: refused while nobody has the slot, and not for longer', async () => {
  await owner.admin.call('CLUSTER', 'DELSLOTS', SLOT);
  await refused('CLUSTERDOWN');
  await owner.admin.call('CLUSTER', 'ADDSLOTS', SLOT);
  await works();
});

test('UNBLOCKED or MOVED: a reader of a feed goes on where the slot is now', async () => {
  const feed = link.partition.openFeed();
  const stream = `${DEFAULT_TAG}feed`;
  // As the feed's reader does it: what fails is asked again.
  const read = async () => {
    for (const end = Date.now() + 10_000; Date.now() < end; ) {
      const reply = await feed.xread('BLOCK', 1_000, 'STREAMS', stream, '0').catch(() => undefined);
      if (reply) return reply;
    }
    throw new Error('nothing came');
  };
  const reading = read();
  await moveSlot(owner, other);
  await other.admin.xadd(stream, '*', 'a', 'b');
  const [[name] = []] = await reading;
  assert.equal(name, stream);
  await other.admin.del(stream);
  await moveSlot(other, owner);
});

test('READONLY: a server that became a replica is left for whom its name leads to now', async () => {
  const server = await startRedis();
  const single = await openRedis(server.target, { commandTimeoutMs: 1_000, log: quiet });
  const admin = new Redis({ path: server.path });
  const id = await single.commands.client('ID');
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  await assert.rejects(single.commands.set('a', '1'), /^ReplyError: READONLY/);
  await admin.call('REPLICAOF', 'NO', 'ONE');
  await until('a write that works', async () => (await single.commands.set('a', '1')) === 'OK');
  assert.notEqual(await single.commands.client('ID'), id, 'another connection, so that the name was looked up again');
  assert.equal(single.partition.serverId, undefined, 'no fence');
  single.close();
  admin.disconnect();
  await server.stop();
});

test('several named servers: one that is away is not needed', async () => {
  link.close();
  const url = cluster.target.url.replace('redis://', 'redis://127.0.0.1:1,');
  link = await openRedis({ url }, { commandTimeoutMs: 500, log: quiet });
  await works();
});

test('several named servers that are in no cluster are no way to name one', async () => {
  const server = await RedisServer.start(serverArgs);
  const url = `redis://${server.address},${server.address}`;
  const opening = openRedis({ url }, { commandTimeoutMs: 500, log: quiet });
  await assert.rejects(opening, /REDIS_URL names several servers, and one of them is in no cluster/);
  await server.stop();
});
