import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import { eventually } from '../helpers/delivery.ts';
import { ClusterServers, SentinelServers } from './servers.ts';

let servers: ClusterServers;

before(async () => {
  servers = await ClusterServers.start(true);
});
after(() => servers?.stop());

test('a cluster that announces proxies sends clients to them alone', async () => {
  const ports = servers.cluster.servers.map(({ port }) => servers.proxyOf(port)!.port);
  const master = await servers.master();
  const announced = async () =>
    (await master.cluster('SLOTS')).flatMap(([, , ...members]) => members.map(([, port]) => port));
  // It tells of a replica once it has heard that there is something on it.
  await eventually(async () => (await announced()).length === ports.length, 'all are told of');
  assert.deepEqual((await announced()).toSorted(), ports.toSorted());
});

test('a shard whose proxy is silent answers nobody, and the others do', async () => {
  const master = await servers.masterServer();
  const other = servers.cluster.servers.find((server) => server !== master)!;
  const pingOf = async (port: number) => {
    const client = new Redis(servers.proxyOf(port)!.url, { commandTimeout: 300, retryStrategy: null });
    client.on('error', () => {});
    return client.ping().finally(() => client.disconnect());
  };
  servers.proxyOf(master.port)!.silence();
  await assert.rejects(pingOf(master.port));
  assert.equal(await pingOf(other.port), 'PONG');
  servers.proxyOf(master.port)!.speak();
  assert.equal(await pingOf(master.port), 'PONG');
});

test('a proxy in front of a master that sentinels watch leads to the next one', async () => {
  const sentinels = await SentinelServers.start(true);
  const client = new Redis(sentinels.url, { retryStrategy: () => 50 });
  client.on('error', () => {});
  try {
    const portOf = async () => Number(((await client.config('GET', 'port')) as string[])[1]);
    const former = await portOf();
    await sentinels.failover();
    assert.notEqual(await portOf(), former);
    assert.equal(await portOf(), (await sentinels.masterServer()).port);
  } finally {
    client.disconnect();
    await sentinels.stop();
  }
});
