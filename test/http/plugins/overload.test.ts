import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

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

test('nor is one that was busy with a single thing for longer than a sample, as with its own start', async () => {
  block(6_000);
  await setTimeout(50);
  const answer = await service.with().get('/healthz');
  assert.equal(answer.status, 200, answer.text);
});
