import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
});
after(() => redis?.stop());
afterEach(() => service?.close());

const OTHER_KEY = 'another-key-0123456789';

test('what is public is not limited, and works all the same', async () => {
  service = await startService(redis, { rateLimit: 1, rateLimitServer: 1 });
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/', '/docs/static/swagger-ui.css']) {
    for (let i = 0; i < 3; i++) {
      const { headers } = await service.with().get(path).expect(200);
      assert.equal(headers['ratelimit-limit'], undefined, path);
    }
  }
  await service.with().get('/nowhere').expect(404);
});

test('who is not let in is not counted', async () => {
  service = await startService(redis, { rateLimit: 1 });
  const alice = await service.user('alice');
  for (let i = 0; i < 3; i++) {
    await service.with('garbage').get('/v1/users/alice').expect(401);
    await alice.get('/v1/users/bob/inbox').expect(403);
  }
  await alice.get('/v1/users/alice').expect(404);
  await alice.get('/v1/users/alice').expect(429);
});

test('each API key has a limit of its own, and a user has none where only keys are limited', async () => {
  service = await startService(redis, { rateLimitServer: 2, apiKeys: [API_KEY, OTHER_KEY] });
  for (const key of [API_KEY, OTHER_KEY]) {
    const server = service.with(key);
    for (let i = 0; i < 2; i++) await server.get('/v1/users?ids=alice').expect(200);
    const { body, headers } = await server.get('/v1/users?ids=alice').expect(429);
    assert.equal(body.code, 'too_many_requests');
    assert.match(headers['content-type']!, /^application\/problem\+json/);
    assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 60);
    assert.equal(headers['ratelimit-remaining'], '0');
  }
  const alice = await service.user('alice');
  for (let i = 0; i < 4; i++) await alice.get('/v1/users?ids=alice').expect(200);
});

test('no key or token is in the name of a counter', async () => {
  service = await startService(redis, { rateLimit: 5, rateLimitServer: 5 });
  await service.server.get('/v1/users?ids=alice').expect(200);
  await (await service.user('alice')).get('/v1/users?ids=alice').expect(200);
  const names = await service.redis.keys(`${service.keys.rateLimit()}*`);
  assert.deepEqual(names.sort(), [`${service.keys.rateLimit()}alice`, `${service.keys.rateLimit()}server key 1`]);
});

test('nothing is asked of Redis where nothing is limited', async () => {
  service = await startService(redis);
  await service.server.get('/v1/users?ids=alice').expect(200);
  assert.deepEqual(await service.redis.keys(`${service.keys.rateLimit()}*`), []);
});

test('a Redis that stands still is told within 3 s, and limits nobody', async () => {
  service = await startService(redis, { rateLimit: 10 });
  const alice = await service.user('alice');
  await alice.get('/v1/users/alice').expect(404);
  redis.pause();
  const since = performance.now();
  const { body } = await alice.get('/v1/users/alice').expect(503);
  const took = performance.now() - since;
  redis.resume();
  assert.equal(body.code, 'unavailable');
  assert.ok(took < 2_900, `${Math.round(took)} ms`);
});
