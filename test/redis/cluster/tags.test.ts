import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { slotOf } from '../../../src/redis/cluster/slots.ts';
import { DEFAULT_TAG, tagsOf } from '../../../src/redis/cluster/tags.ts';
import { TestCluster } from '../../helpers/redis-cluster.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await TestCluster.start({ masters: 1, replicas: 0 });
});
after(() => cluster?.stop());

test('slots are those of the server', async () => {
  const keys = [
    '',
    'a',
    'ü',
    '{im}u:alice',
    '{q7}@acme:u:alice',
    'p:{im}feed',
    '{}a',
    '{a',
    'a}b{c}',
    '{{a}}',
    'x{a}{b}',
  ];
  for (const key of keys) assert.equal(slotOf(key), await cluster.servers[0]!.admin.cluster('KEYSLOT', key), key);
});

test('the tags of any number of partitions differ, and spread evenly over masters', () => {
  for (const partitions of [1, 2, 3, 16, 64, 256]) {
    const tags = tagsOf(partitions);
    assert.equal(new Set([...tags, DEFAULT_TAG]).size, partitions + 1);
    for (const masters of [1, 2, 3, 5]) {
      const counts = new Array<number>(masters).fill(0);
      for (const tag of tags) counts[Math.floor((slotOf(tag) * masters) / 16_384)]!++;
      const fair = partitions / masters;
      assert.ok(
        counts.every((count) => Math.abs(count - fair) <= 1.5),
        `${partitions} on ${masters}: ${counts}`,
      );
    }
  }
});

test('the tags are always the same: data is found by them', () => {
  assert.deepEqual(tagsOf(16), tagsOf(16));
  assert.equal(
    tagsOf(16).join(' '),
    '{q0bc} {q1c} {q2ad} {q3ac} {q4fc} {q5fd} {q6dc} {q7d} {q8da} {q9db} {q10bd} {q11c} {q12ab} {q13aa} {q14fd} {q15}',
  );
});
