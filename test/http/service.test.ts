import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { buildApp } from '../../src/app.ts';
import { openRedis } from '../../src/redis/connection/link.ts';
import { eventually } from '../helpers/delivery.ts';
import { quiet } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { type Service, startService } from '../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis({ aof: true });
});
after(() => redis.stop());
beforeEach(async () => {
  service = await startService(redis);
  await service.people('alice', 'bob');
});
afterEach(async () => {
  redis.resume();
  await redis.restart();
  await service.close();
});

const SEND = '/v1/users/alice/conversations/user:bob/messages';
const hi = { fields: { text: 'hi' } };

/** What raw bytes are answered with. */
const raw = (bytes: string) =>
  new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(service.url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });

test('every error is a problem with a code and the id of its request', async () => {
  const cases: [
    Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, string> }>,
    number,
    string,
  ][] = [
    [service.with().get('/nowhere') as never, 404, 'route_not_found'],
    [service.with().get('/v1/users/%E0%A4%A') as never, 400, 'invalid_request'],
    [service.server.delete('/v1/messages/batch') as never, 405, 'method_not_allowed'],
    [service.server.get('/v1/users/nobody') as never, 404, 'user_not_found'],
    [
      service.server.post(SEND).set('content-type', 'application/json').send('{"fields":') as never,
      400,
      'invalid_request',
    ],
    [
      service.server.post(SEND).set('content-type', 'application/json').send('{"__proto__":{},"fields":{}}') as never,
      400,
      'invalid_request',
    ],
    [service.server.post(SEND).set('content-type', 'text/plain').send('hi') as never, 415, 'unsupported_media_type'],
    [service.server.post(SEND, { fields: { text: 'x'.repeat(600_000) } }) as never, 413, 'body_too_large'],
  ];
  for (const [request, status, code] of cases) {
    const answer = await request;
    assert.deepEqual([answer.status, answer.body.code, answer.body.status], [status, code, status]);
    assert.match(answer.headers['content-type']!, /^application\/problem\+json/);
    assert.equal(answer.body.requestId, answer.headers['x-request-id']);
    assert.equal(answer.body.type, `urn:redisim:problem:${code}`);
  }
  assert.equal((await service.server.delete('/v1/messages/batch')).headers.allow, 'POST');
});

test('a body that does not fit is told member by member', async () => {
  const { body } = await service.server.post(SEND, { fields: { text: 7, more: null }, extra: true }).expect(400);
  assert.deepEqual(body.errors.map((error: { path: string }) => error.path).sort(), [
    'body',
    'body/fields/more',
    'body/fields/text',
  ]);
  assert.match(body.errors.find((error: { path: string }) => error.path === 'body').message, /"extra"/);
});

test('what is no HTTP is answered as far as that goes', async () => {
  assert.match(
    await raw('BROKEN\r\n\r\n'),
    /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"invalid_request"/,
  );
  assert.match(await raw(`GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('a caller names its request, if the name is fit for a header', async () => {
  const named = await service.with().get('/healthz').set('x-request-id', 'my.request-1');
  assert.equal(named.headers['x-request-id'], 'my.request-1');
  const unfit = await service.with().get('/healthz').set('x-request-id', 'a b');
  assert.match(unfit.headers['x-request-id']!, /^[0-9a-f-]{36}$/);
});

test('the answers carry security headers, and the docs work under theirs', async () => {
  const { headers } = await service.with().get('/healthz').expect(200);
  assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'");
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['access-control-allow-origin'], undefined);
  const page = await service.with().get('/docs/').expect(200);
  assert.match(page.headers['content-security-policy']!, /script-src 'self'/);
  assert.doesNotMatch(page.headers['content-security-policy']!, /script-src[^;]*unsafe/);
  for (const [, file] of page.text.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)) {
    await service
      .with()
      .get(new URL(file!, `${service.url}/docs/`).pathname)
      .expect(200);
  }
  assert.equal((await service.with().get('/docs/json').expect(200)).body.openapi, '3.1.0');
  assert.equal((await service.with().get('/openapi.json').expect(200)).body.info.title, 'redisim');
});

test('other origins are let in where they are named', async () => {
  await service.close();
  service = await startService(redis, { corsOrigins: ['https://chat.example'] });
  const good = await service.with().get('/healthz').set('origin', 'https://chat.example');
  assert.equal(good.headers['access-control-allow-origin'], 'https://chat.example');
  const other = await service.with().get('/healthz').set('origin', 'https://evil.example');
  assert.notEqual(other.headers['access-control-allow-origin'], 'https://evil.example');
});

test('Redis is killed: 503 within 3 s, /readyz says why, and everything comes back by itself', async () => {
  await redis.kill();
  const started = Date.now();
  const answer = await service.server.post(SEND, hi);
  assert.ok(Date.now() - started < 3_000);
  assert.deepEqual([answer.status, answer.body.code], [503, 'unavailable']);
  assert.ok(Number(answer.headers['retry-after']) > 0);
  assert.equal((await service.server.get('/v1/users/bob/inbox?block=0')).body.code, 'unavailable');
  const ready = await service.with().get('/readyz').expect(503);
  assert.match(ready.body.reasons.join(), /Redis does not answer: there is no connection/);
  await service.with().get('/healthz').expect(200);
  await redis.restart();
  await eventually(async () => (await service.with().get('/readyz')).status === 200, 'readiness');
  const sent = await service.server.post(SEND, hi);
  assert.equal(sent.status, 201, `${JSON.stringify(sent.body)} ${service.logLines.slice(-4).join('')}`);
  const inbox = await service.server.get('/v1/users/bob/inbox?start=0&block=0').expect(200);
  assert.equal(inbox.body.items.length, 1, 'what was refused was not done');
});

test('Redis is killed: the service still stops at once', async () => {
  await redis.kill();
  // By then it knows, and waits for Redis to come back.
  assert.equal((await service.server.get('/v1/users/alice')).status, 503);
  const since = performance.now();
  await service.close();
  assert.ok(performance.now() - since < service.config.drainMs);
});

test('Redis stands still: not ready after a second, and up', async () => {
  redis.pause();
  const since = performance.now();
  const ready = await service.with().get('/readyz');
  const took = performance.now() - since;
  await service.with().get('/healthz').expect(200);
  redis.resume();
  assert.equal(ready.status, 503);
  assert.deepEqual(ready.body.reasons, ['Redis does not answer: no answer within 1000 ms.']);
  assert.ok(took < 1_900, `${took} ms`);
  await eventually(async () => (await service.with().get('/readyz')).status === 200, 'readiness');
});

test('Redis stands still: 504 with the id to repeat with, and the repeat makes no second message', async () => {
  redis.pause();
  const started = Date.now();
  const own = service.server.post(SEND, hi);
  const given = service.server.post(SEND, { ...hi, clientMessageId: 'mine' });
  const read = service.server.get('/v1/users/bob');
  const [one, two, three] = await Promise.all([own, given, read]);
  assert.ok(Date.now() - started < 3_000, `${Date.now() - started} ms`);
  assert.deepEqual([one.status, one.body.code], [504, 'outcome_unknown']);
  assert.match(one.body.clientMessageId, /^[0-9a-f-]{36}$/);
  assert.deepEqual([two.status, two.body.clientMessageId], [504, 'mine']);
  assert.deepEqual([three.status, three.body.code], [503, 'unavailable']);
  redis.resume();
  await eventually(async () => (await service.with().get('/readyz')).status === 200, 'readiness');
  for (const { clientMessageId } of [one.body, two.body]) {
    const again = await service.server.post(SEND, { ...hi, clientMessageId });
    assert.ok([200, 201].includes(again.status), `${again.status}`);
  }
  const inbox = await service.server.get('/v1/users/bob/inbox?start=0&block=0').expect(200);
  assert.equal(inbox.body.items.length, 2);
});

test('a database of another version is refused', async () => {
  await service.redis.hset(service.keys.meta(), 'schema', '99');
  await assert.rejects(startService(redis, { keyPrefix: service.config.keyPrefix }), /schema version 99/);
});

test('what an unclean stop may have lost is told: the epoch moves before anything is served', async () => {
  const epoch = async () => Number(await service.redis.hget(service.keys.meta(), 'epoch'));
  const before = await epoch();
  for (const mayHaveLostData of [false, true]) {
    const link = await openRedis(redis.target, { commandTimeoutMs: 2_500, log: quiet, mayHaveLostData });
    const app = await buildApp(service.config, link, { logStream: { write: () => {} } });
    assert.equal((await epoch()) > before, mayHaveLostData, String(mayHaveLostData));
    await app.close();
    link.close();
  }
});

test('the metrics count what was done', async () => {
  await service.server.post(SEND, { ...hi, clientMessageId: 'm' }).expect(201);
  await service.server.post(SEND, { ...hi, clientMessageId: 'm' }).expect(200);
  await service.server.post('/v1/users/alice/conversations/user:nobody/messages', hi).expect(404);
  const { text } = await service.with().get('/metrics').expect(200);
  for (const line of [
    'redisim_sends_total{outcome="created"} 1',
    'redisim_sends_total{outcome="repeated"} 1',
    'redisim_sends_total{outcome="user_not_found"} 1',
    'redisim_epoch_moves_total 0',
  ]) {
    assert.ok(text.includes(line), line);
  }
  assert.match(
    text,
    /redisim_http_request_duration_seconds_count\{method="POST",route="\/v1\/users\/:uid\/conversations\/:conversation\/messages",status="201"\} 1/,
  );
  assert.match(text, /redisim_redis_ping_seconds 0\.\d+/);
});
