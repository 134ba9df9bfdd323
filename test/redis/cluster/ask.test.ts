import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { askAll } from '../../../src/redis/cluster/ask.ts';
import { RedisServer, serverArgs } from '../../helpers/redis-server.ts';

/** Several servers that are asked the same. */

let servers: RedisServer[];
before(async () => {
  servers = await Promise.all([0, 1, 2].map(() => RedisServer.start(serverArgs)));
});
after(() => Promise.all(servers.map((server) => server.stop())));

const addresses = () => servers.map(({ port }) => ({ host: '127.0.0.1', port }));
const place = (host: string | null) => (host ? { host, port: 1 } : undefined);

test('what most say holds, though another one is faster', async () => {
  for (const [i, { admin }] of servers.entries()) await admin.set('master', i === 0 ? 'former' : 'new');
  const asked = await askAll(addresses(), async (redis, { port }) => {
    if (port !== servers[0]!.port) await delay(50);
    return place(await redis.get('master'));
  });
  assert.equal(asked.host, 'new');
});

test('one that is stopped, and one that does not know, leave it to the third', async () => {
  const [one, two, three] = servers as [RedisServer, RedisServer, RedisServer];
  await two.admin.del('master');
  await three.admin.set('master', 'known');
  one.pause();
  try {
    const asked = await askAll(addresses(), async (redis) => place(await redis.get('master')));
    assert.equal(asked.host, 'known');
  } finally {
    one.resume();
  }
});

test('where nobody knows, it is said why', async () => {
  const nowhere = [{ host: '127.0.0.1', port: 1 }];
  await assert.rejects(
    askAll(nowhere, async () => undefined),
    /^Error: 127\.0\.0\.1:1: .*ECONNREFUSED/,
  );
  await assert.rejects(
    askAll(addresses(), async () => undefined),
    /nobody knows the master/,
  );
});
