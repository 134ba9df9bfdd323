import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { TestCluster } from '../../helpers/redis-cluster.ts';
import type { RedisServer } from '../../helpers/redis-server.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await TestCluster.start();
});
after(() => cluster?.stop());

/** Where the copies of a master are. */
async function replicasOf(master: RedisServer): Promise<string[]> {
  return (await cluster.replicasOf(master)).map(({ address }) => address);
}

/** What redis-cli thinks of the cluster; throws where it is not well. */
function checked(): string {
  return execFileSync('redis-cli', ['--cluster', 'check', cluster.servers[0]!.address], { encoding: 'utf8' });
}

test('three masters serve all slots, a replica each, as redis-cli sees it', async () => {
  const report = checked();
  assert.match(report, /All nodes agree about slots configuration/);
  assert.match(report, /All 16384 slots covered/);
  const masters = new Set(
    await Promise.all(['{a}', '{b}', '{c}', '{d}', '{e}', '{f}'].map((key) => cluster.masterOf(key))),
  );
  assert.equal(masters.size, 3);
  for (const master of masters) assert.equal((await replicasOf(master)).length, 1);
});

test('a failover by hand loses nothing', async () => {
  const former = await cluster.masterOf('{a}');
  await former.admin.set('{a}', '1');
  const master = await cluster.failover('{a}');
  assert.notEqual(master.address, former.address);
  assert.equal(await master.admin.get('{a}'), '1');
  await cluster.healthy();
  assert.deepEqual(await replicasOf(master), [former.address]);
});

test('a replica takes over from a master that was killed, which comes back as a replica', async () => {
  const former = await cluster.masterOf('{b}');
  await former.kill();
  const master = await cluster.takenOver('{b}', former);
  await master.admin.set('{b}', '2');
  await former.restart();
  await cluster.healthy();
  assert.deepEqual(await replicasOf(master), [former.address]);
  assert.match(checked(), /All 16384 slots covered/);
});

test('a master that was stopped still believes to be one when it goes on, and soon does not', async () => {
  const former = await cluster.masterOf('{c}');
  former.pause();
  const master = await cluster.takenOver('{c}', former);
  former.resume();
  await cluster.healthy();
  assert.equal(await former.info('replication', 'role'), 'slave');
  assert.deepEqual(await replicasOf(master), [former.address]);
});

test('a server that has left the cluster comes back as a replica', async () => {
  const master = await cluster.masterOf('{d}');
  const [replica] = await cluster.replicasOf(master);
  await replica!.admin.cluster('RESET', 'HARD');
  assert.match(String(await replica!.admin.cluster('INFO')), /cluster_known_nodes:1\r/);
  await cluster.rejoin(replica!, master);
  assert.deepEqual(await replicasOf(master), [replica!.address]);
});
