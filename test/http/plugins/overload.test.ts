import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { type Service, startService } from '../../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
});
after(async () => {
  await service?.close();
  await redis?.stop();
});

/** Keeps the event loop from turning. */
function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('a machine that stands still for a second, and again, is not overloaded', async () => {
  for (let i = 0; i < 3; i++) {
    block(1_100);
    await setImmediate();
  }
  const answer = await service.with().get('/healthz');
  assert.equal(answer.status, 200, answer.text);
});
