import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MasterRoute } from '../../src/redis/cluster/master-route.ts';
import { connectCommands } from '../../src/redis/connection/command-connection.ts';
import { openRedis } from '../../src/redis/connection/link.ts';
import { quiet } from '../helpers/im.ts';
import { until } from '../helpers/redis-server.ts';
import { TestSentinels } from '../helpers/sentinels.ts';
import { type Service, startService } from '../helpers/service.ts';
import { SocketClient } from '../helpers/socket.ts';

/** The whole service on the master that sentinels watch. */

let redis: TestSentinels;
const services: Service[] = [];
const clients: SocketClient[] = [];

before(async () => {
  redis = await TestSentinels.start();
});
after(() => redis?.stop());
afterEach(async () => {
  for (const client of clients.splice(0)) client.ws.terminate();
  for (const service of services.splice(0)) await service.close();
  await redis.healthy();
});

async function startWithBob(): Promise<{ service: Service; bob: SocketClient }> {
  const service = await startService(redis);
  services.push(service);
  await service.people('alice', 'bob');
  const bob = await SocketClient.live(service, '/v1/users/bob/inbox/socket');
  clients.push(bob);
  return { service, bob };
}

/** Sends until it is taken, as a client does that is told to try again. */
async function sayUntilDone(service: Service, text: string): Promise<void> {
  const statuses: number[] = [];
  for (let tries = 0; tries < 200; tries++) {
    const body = { fields: { text }, clientMessageId: text };
    const { status } = await service.server.post('/v1/users/alice/conversations/user:bob/messages', body);
    if (status < 300) return;
    statuses.push(status);
    assert.ok(status === 503 || status === 504, `${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never done: ${statuses}`);
}

const epochOf = (service: Service) => service.redis.hget(service.keys.meta(), 'epoch');

test('a failover by hand: the stream goes on, and is told a gap', async () => {
  const { service, bob } = await startWithBob();
  await sayUntilDone(service, 'before');
  const epoch = await epochOf(service);
  await redis.failover();
  await sayUntilDone(service, 'after');
  await bob.until(() => bob.texts.includes('after'), 'the message after it');
  assert.deepEqual([...new Set(bob.texts)], ['before', 'after']);
  assert.notEqual(await epochOf(service), epoch);
  assert.ok(bob.frames.some(({ event }) => event === 'gap'));
});

test('a master that dies: a replica takes over, and the keys have no tag', async () => {
  const { service, bob } = await startWithBob();
  await sayUntilDone(service, 'before');
  const former = await redis.master();
  await former.kill();
  await redis.takenOver(former);
  await sayUntilDone(service, 'after');
  await bob.until(() => bob.texts.includes('after'), 'the message after it');
  assert.deepEqual([...new Set(bob.texts)], ['before', 'after']);
  assert.equal(service.keys.prefix, service.config.keyPrefix);
  await former.restart();
});

test('a master that is stopped is left as soon as the sentinels say so, though nothing is asked of it', async () => {
  const link = await openRedis(redis.target, { commandTimeoutMs: 60_000, log: quiet });
  const former = await redis.master();
  assert.equal(link.commands.stream.remotePort, former.port);
  former.pause();
  const master = await redis.takenOver(former);
  await until('a connection to the new master', async () => link.commands.stream.remotePort === master.port, 5_000);
  link.close();
  former.resume();
});

test('a replica is not taken for the master', async () => {
  const master = await redis.master();
  const { port } = redis.servers.find((server) => server !== master)!;
  const route = new MasterRoute({ name: 'it', server: {}, find: async () => ({ host: '127.0.0.1', port }) });
  const connecting = connectCommands(route, { commandTimeoutMs: 500, startTimeoutMs: 1_000, log: quiet });
  await assert.rejects(connecting, /is a slave, no master/);
});

test('who knows no such master says so, and names no password', async () => {
  const url = redis.url.replace('://', '://me:secret@').replace(redis.name, 'another');
  const opening = openRedis({ url }, { commandTimeoutMs: 500, startTimeoutMs: 1_500, log: quiet });
  await assert.rejects(opening, (error: Error) => {
    assert.match(error.message, /the master "another" of the sentinels.*it knows no master "another"/);
    assert.ok(!error.message.includes('secret'));
    return true;
  });
});
