import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { loadConfig } from '../../../src/config/config.ts';
import { commandCounts } from '../../helpers/im.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
});
after(() => redis?.stop());
afterEach(() => service?.close());

const OTHER_KEY = 'another-key-0123456789';
const SOME = '/v1/users?ids=alice';

/** The first refusal of so many requests at once: more than a second of them can't flow in meanwhile. */
async function refusalOf(caller: { get(path: string): PromiseLike<{ status: number }> }, count: number) {
  const answers = await Promise.all(Array.from({ length: count }, () => caller.get(SOME)));
  assert.ok(
    answers.some(({ status }) => status === 200),
    'none was let in',
  );
  const refusal = answers.find(({ status }) => status !== 200) as Awaited<ReturnType<Service['server']['get']>>;
  assert.ok(refusal, 'none was refused');
  return refusal;
}

test('by default a user may ask 10 times a second and 600 times at once, and a server as often as it likes', async () => {
  const { rateLimit, rateLimitBurst, rateLimitServer } = loadConfig({});
  service = await startService(redis, { rateLimit, rateLimitBurst, rateLimitServer });
  const alice = await service.user('alice');
  const { headers } = await alice.get(SOME).expect(200);
  assert.deepEqual(
    ['limit', 'remaining', 'reset'].map((name) => headers[`ratelimit-${name}`]),
    ['600', '599', '1'],
  );
  assert.equal((await service.server.get(SOME).expect(200)).headers['ratelimit-limit'], undefined);
});

test('who asks too often is told when to come back', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitBurst: 2 });
  const refusal = await refusalOf(await service.user('alice'), 12);
  assert.deepEqual([refusal.status, refusal.body.code], [429, 'too_many_requests']);
  assert.match(refusal.headers['content-type']!, /^application\/problem\+json/);
  assert.equal(refusal.headers['retry-after'], '1');
  assert.equal(refusal.headers['ratelimit-remaining'], '0');
  assert.match(refusal.body.detail, /1 requests? a second, and up to 2 at once .* in 1 s/);
  // Nobody else pays for it.
  await (await service.user('bob')).get(SOME).expect(200);
});

test('it is told before the body is read', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitBurst: 1 });
  const alice = await service.user('alice');
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => alice.put('/v1/users/me', { fields: { text: 'x'.repeat(600_000) } })),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  assert.deepEqual(statuses, new Set([413, 429]));
});

test('what is public is not limited, and works all the same', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitBurst: 1, rateLimitServer: 1 });
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/', '/docs/static/swagger-ui.css']) {
    for (let i = 0; i < 3; i++) {
      const { headers } = await service.with().get(path).expect(200);
      assert.equal(headers['ratelimit-limit'], undefined, path);
    }
  }
  await service.with().get('/nowhere').expect(404);
});

test('who is not let in is not counted', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitBurst: 100 });
  const alice = await service.user('alice');
  for (let i = 0; i < 3; i++) {
    await service.with('garbage').get('/v1/users/alice').expect(401);
    await alice.get('/v1/users/bob/inbox').expect(403);
  }
  const { headers } = await alice.get('/v1/users/alice').expect(404);
  assert.equal(headers['ratelimit-remaining'], '99');
});

test('each API key has a limit of its own, and a user has none where only keys are limited', async () => {
  const keys = [API_KEY, OTHER_KEY];
  // 2 requests at once for each request a second, as users have it.
  service = await startService(redis, { rateLimit: 500, rateLimitBurst: 1_000, rateLimitServer: 1, apiKeys: keys });
  for (const key of keys) {
    const refusal = await refusalOf(service.with(key), 12);
    assert.equal(refusal.headers['ratelimit-limit'], '2');
    assert.equal(refusal.status, 429);
  }
  await service.close();
  service = await startService(redis, { rateLimitServer: 1 });
  assert.equal((await service.server.get(SOME).expect(200)).headers['ratelimit-limit'], '60');
  const alice = await service.user('alice');
  assert.equal((await alice.get(SOME).expect(200)).headers['ratelimit-limit'], undefined);
});

test('a limit costs no call of Redis, and each node counts for itself', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitBurst: 100 });
  const alice = await service.user('alice');
  const callsOf = async (requests: number) => {
    const before = await commandCounts(service.redis);
    for (let i = 0; i < requests; i++) await alice.get(SOME).expect(200);
    const after = await commandCounts(service.redis);
    // For each request: what the node does by itself, whenever it does it, is less often.
    return Object.keys(after).filter((name) => (after[name] ?? 0) - (before[name] ?? 0) >= requests);
  };
  assert.deepEqual(await callsOf(50), ['hgetall']);
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}rl:*`), []);
  const node = await startService(redis, { rateLimit: 1, rateLimitBurst: 100, keyPrefix: service.config.keyPrefix });
  const { headers } = await (await node.user('alice')).get(SOME).expect(200);
  assert.equal(headers['ratelimit-remaining'], '99');
  await node.close();
});
