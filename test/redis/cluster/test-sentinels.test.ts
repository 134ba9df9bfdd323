import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestSentinels } from '../../helpers/sentinels.ts';

let sentinels: TestSentinels;

before(async () => {
  sentinels = await TestSentinels.start();
});
after(() => sentinels?.stop());

test('three sentinels watch a master with two replicas', async () => {
  assert.equal((await sentinels.master()).address, sentinels.servers[0]!.address);
  for (const { admin } of sentinels.sentinels) {
    assert.match(String(await admin.call('SENTINEL', 'CKQUORUM', sentinels.name)), /^OK 3 usable Sentinels/);
    assert.equal(((await admin.call('SENTINEL', 'REPLICAS', sentinels.name)) as unknown[]).length, 2);
  }
});

test('a failover by hand makes another one the master', async () => {
  const former = await sentinels.master();
  await former.admin.set('a', '1');
  // A replica copies when it can; one that lacks it may be the next master.
  await former.admin.wait(2, 5_000);
  const master = await sentinels.failover();
  assert.notEqual(master.address, former.address);
  await sentinels.healthy();
  assert.equal(await master.admin.get('a'), '1');
  assert.equal(await former.info('replication', 'role'), 'slave');
});

test('a replica takes over from a master that was killed', async () => {
  const former = await sentinels.master();
  await former.kill();
  const master = await sentinels.takenOver(former);
  await master.admin.set('b', '2');
  await former.restart();
  await sentinels.healthy();
  assert.equal(await former.info('replication', 'role'), 'slave');
});

test('a replica takes over from a master that is stopped, which learns of it when it goes on', async () => {
  const former = await sentinels.master();
  former.pause();
  await sentinels.takenOver(former);
  former.resume();
  await sentinels.healthy();
  assert.equal(await former.info('replication', 'role'), 'slave');
});
