import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { lasting } from '../../../src/http/plugins/security.ts';
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

test('nor is one that was busy once for as long as is measured; who goes on to be is', async () => {
  const isLasting = lasting(50);
  assert.equal(isLasting(), false);
  assert.equal(isLasting(), false);
  block(60);
  assert.equal(isLasting(), true);
  block(110);
  assert.equal(isLasting(), false, 'it was over, and begins anew');
});

test('a start that takes longer than one sample is none that lasts', () => {
  const sinceTheStart = performance.now();
  assert.equal(lasting(sinceTheStart * 0.7)(), false);
});
