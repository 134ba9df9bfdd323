import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TimeSlices } from '../../src/delivery/time-slices.ts';

const COUNT = 20;

/** Takes 1 ms of the processor. */
function busy(): void {
  const until = performance.now() + 1;
  while (performance.now() < until);
}

test('work is done in the order in which it came, whatever it adds', async () => {
  const slices = new TimeSlices();
  const done: number[] = [];
  await new Promise<void>((resolve) => {
    for (const i of [0, 1, 2]) {
      slices.add(() => {
        done.push(i);
        slices.add(() => {
          done.push(i + 10);
          if (i === 2) resolve();
        });
      });
    }
  });
  // The first one is done at once, before the second is added.
  assert.deepEqual(done, [0, 10, 1, 2, 11, 12]);
});

test('others have their turn between slices', async () => {
  const slices = new TimeSlices();
  let done = 0;
  for (let i = 0; i < COUNT; i++) {
    slices.add(() => {
      busy();
      done++;
    });
  }
  const seen: number[] = [];
  while (done < COUNT) {
    await nextTurn();
    seen.push(done);
  }
  assert.ok(new Set(seen).size > COUNT / 2, `seen in between: ${seen}`);
});

test('what goes on by promises counts, as far as it waits for nothing else', async () => {
  const slices = new TimeSlices();
  let done = 0;
  const one = async () => {
    await slices.next();
    await Promise.resolve();
    busy();
    await Promise.resolve();
    done++;
  };
  const all = Promise.all(Array.from({ length: COUNT }, one));
  const seen: number[] = [];
  while (done < COUNT) {
    await nextTurn();
    seen.push(done);
  }
  await all;
  assert.ok(new Set(seen).size > COUNT / 2, `seen in between: ${seen}`);
});

test('after a rest it goes on', async () => {
  const slices = new TimeSlices();
  await slices.next();
  await nextTurn();
  await slices.next();
  await Promise.all([slices.next(), slices.next()]);
});

test('work that throws is its own concern: the others have their slices', { timeout: 2_000 }, async () => {
  const slices = new TimeSlices();
  assert.throws(() =>
    slices.add(() => {
      throw new Error('of its own');
    }),
  );
  await slices.next();
});
