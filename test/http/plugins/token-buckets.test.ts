import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBuckets } from '../../../src/http/plugins/token-buckets.ts';

test('a full bucket gives its burst at once, and then as many as flow in', () => {
  let ms = 5_000;
  const buckets = new TokenBuckets({ perSecond: 10, burst: 3 }, () => ms);
  const take = () => buckets.take('alice');
  assert.deepEqual(take(), { allowed: true, remaining: 2, nextIn: 0, fullIn: 0.1 });
  assert.deepEqual([take().allowed, take().allowed, take().allowed], [true, true, false]);
  // What is refused costs nothing: however often one tries, the next one is there in a tenth of a second.
  for (let i = 0; i < 100; i++) assert.deepEqual(take(), { allowed: false, remaining: 0, nextIn: 0.1, fullIn: 0.3 });
  assert.equal(buckets.take('bob').allowed, true);
  ms += 60;
  assert.equal(take().allowed, false);
  ms += 60;
  assert.equal(take().allowed, true);
  assert.equal(take().allowed, false);
  ms += 3_600_000;
  assert.equal(take().remaining, 2, 'never more than the burst');
});

test('it remembers no more than so many callers', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => 0, 2);
  for (const [name, allowed] of [
    ['a', true],
    ['b', true],
    ['a', false],
    ['c', true],
    ['a', false],
    ['b', true],
  ] as const) {
    assert.equal(buckets.take(name).allowed, allowed, name);
  }
});
