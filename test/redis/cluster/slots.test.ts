import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { slotOf } from '../../../src/redis/cluster/slots.ts';
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
