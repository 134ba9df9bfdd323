import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLDEST, scriptsDuring, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();

const LIMITS = { count: 200, maxBytes: 1_000_000 };
const MANY = Array.from({ length: 100 }, (_, i) => `u${i}`);
const page = (name: string) => im.inbox.page(uid(name), OLDEST, LIMITS);

/** How many scripts run while something is done; the first one is run from its text. */
async function calls<Done>(work: () => Promise<Done>): Promise<{ done: Done; count: number }> {
  await im.inbox.page(uid('u0'), 'now', LIMITS);
  return scriptsDuring(im.redis, work);
}

test('those who read at the same moment share calls, and each gets its own', async () => {
  await im.people(...MANY);
  for (const name of MANY) if (name !== 'u7') await im.say('u7', `user:${name}`, `for ${name}`);
  const { done, count } = await calls(() => Promise.all(MANY.map(page)));
  assert.equal(count, 8, 'the first one by itself, then 16 a call, and what is left');
  for (const [i, { items, upToDate }] of done.entries()) {
    const texts = items.map(({ message }) => message.fields?.text);
    if (i === 7) assert.equal(texts.length, 99);
    else assert.deepEqual([texts, upToDate], [[`for u${i}`], true]);
  }
});

test('who reads alone waits for nobody', async () => {
  await im.people('u0', 'u1');
  const { count } = await calls(async () => {
    await page('u0');
    await page('u1');
  });
  assert.equal(count, 2);
});

test('after a call that several have shared, those who come within a moment share the next one', async (t) => {
  await im.people('u0', 'u1', 'u2');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { count } = await calls(async () => {
    await Promise.all(['u0', 'u1', 'u2'].map(page));
    const first = page('u0');
    // Whatever was asked has been answered by then.
    await im.redis.ping();
    const second = page('u1');
    await im.redis.ping();
    t.mock.timers.tick(1);
    await Promise.all([first, second]);
  });
  assert.equal(count, 3, 'one alone, two who came meanwhile, and two within a moment');
});

test('one that is refused, or has a key of a wrong type, is nobody else’s concern', async () => {
  await im.people(...MANY);
  for (const name of ['u1', 'u2', 'u3', 'u4']) await im.say('u0', `user:${name}`, 'hi');
  await im.redis.set(im.keys.inbox(uid('u2')), 'none');
  await im.redis.set(im.keys.removedUser(uid('u3')), 'none');
  const { done, count } = await calls(() =>
    Promise.allSettled(['u0', 'u1', 'u2', 'u3', 'nobody', 'u4'].map((name) => page(name))),
  );
  assert.equal(count, 2);
  const told = done.map((one) => (one.status === 'fulfilled' ? one.value.items.length : (one.reason as Error).message));
  assert.deepEqual([told[0], told[1], told[5]], [4, 1, 1]);
  assert.match(String(told[2]), /WRONGTYPE/);
  assert.match(String(told[3]), /WRONGTYPE/);
  assert.equal((done[4] as { reason: { code: string } }).reason.code, 'user_not_found');
});

test('a call reads so much and no more: who was left is read in the next one', async () => {
  await im.people('u0', 'u1', 'u2', 'u3', 'u4', 'u5');
  const epoch = (await im.redis.hget(im.keys.meta(), 'epoch'))!;
  const bulky = 'x'.repeat(40_000);
  for (const name of ['u1', 'u2', 'u3', 'u4', 'u5']) {
    const inline = ['FW', `ds:u0:${name}`, 'MID', '1-1', 'uid', 'u0', 'text', bulky];
    await im.redis.xadd(im.keys.inbox(uid(name)), `${epoch}-0`, ...inline);
  }
  const { done, count } = await calls(() => Promise.all(['u0', 'u1', 'u2', 'u3', 'u4', 'u5'].map(page)));
  assert.equal(count, 4, 'one alone, then two, two and one');
  assert.deepEqual(
    done.map(({ items }) => items.length),
    [0, 1, 1, 1, 1, 1],
  );
});

test('who waits for a call that fails is told so, and not asked for anew', async () => {
  await im.people(...MANY);
  const { done, count } = await calls(async () => {
    server.pause();
    const all = await Promise.allSettled(MANY.map(page));
    server.resume();
    return all;
  });
  assert.deepEqual(new Set(done.map(({ status }) => status)), new Set(['rejected']));
  assert.equal(count, 2, 'those that were under way');
});
