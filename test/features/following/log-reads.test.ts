import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Start } from '../../../src/delivery/source.ts';
import { LogSource } from '../../../src/features/following/log-source.ts';
import { commandCounts, conversation, gid, scriptsDuring, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Several who read conversations at the same moment, as all do who come back to a channel at once. */

const { im } = useIm();
const MANY = Array.from({ length: 40 }, (_, i) => `u${i}`);
const TEAM = 'group:team';
beforeEach(async () => {
  await im.people('alice', ...MANY);
  await im.team('team', 'alice', ...MANY.slice(1));
});

const LIMITS = { count: 100, maxBytes: 1_000_000 };
const page = (name: string, start: Start = 'oldest', of = TEAM) =>
  new LogSource(im.logReader, uid(name), conversation(of)).page(start, LIMITS);
const textsOf = ({ items }: Awaited<ReturnType<typeof page>>) => items.map(({ message }) => message.fields.text);
/** How many scripts run while something is done; the first one is run from its text. */
async function calls<Done>(work: () => Promise<Done>): Promise<{ done: Done; count: number }> {
  await page('alice', 'now');
  return scriptsDuring(im.redis, work);
}

test('they share calls and what is read, and each gets what follows their own position', async () => {
  const [first] = [await im.say('alice', TEAM, 'one'), await im.say('alice', TEAM, 'two')];
  const afterFirst = (await page('alice', first.id as never)).from;
  const starts = (i: number): Start => (['oldest', afterFirst, 'now'] as const)[i % 3]!;
  const before = await commandCounts(im.redis);
  const { done, count } = await calls(() => Promise.all(MANY.slice(1).map((name, i) => page(name, starts(i)))));
  const ranges = (await commandCounts(im.redis)).xrange! - before.xrange!;
  assert.equal(count, 4, 'the first one by itself, then 16 a call, and what is left');
  assert.ok(ranges < MANY.length, `${ranges} reads of the log`);
  for (const [i, one] of done.entries()) {
    const expected = [['one', 'two'], ['two'], []][i % 3];
    assert.deepEqual([textsOf(one).slice(-expected!.length || 1e9), one.upToDate], [expected, true]);
    assert.equal(one.gap, undefined);
  }
});

test('one that is refused, or can’t be read, is nobody else’s concern', async () => {
  await im.say('alice', TEAM, 'hi');
  await im.redis.set(im.keys.floors(uid('u3')), 'somebody has overwritten it');
  await im.users.remove(uid('u4'));
  const { done, count } = await calls(() =>
    Promise.allSettled(['u1', 'u2', 'u0', 'u3', 'u4', 'u5'].map((name) => page(name))),
  );
  assert.equal(count, 2);
  const told = done.map((one) =>
    one.status === 'fulfilled'
      ? textsOf(one.value).find((text) => text !== undefined)
      : (one.reason.code ?? one.reason.message.split(' ')[0]),
  );
  assert.deepEqual(told, ['hi', 'hi', 'not_member', 'WRONGTYPE', 'user_not_found', 'hi']);
});

test('nobody sees with others what they may not see alone, nor by the name that it has for somebody else', async () => {
  await im.groups.patch(user('alice'), gid('team'), { historyPolicy: 'joined' });
  await im.say('alice', TEAM, 'before');
  await im.members.join(user('u0'), gid('team'), uid('u0'));
  await im.say('alice', TEAM, 'after');
  await im.say('alice', 'user:u1', 'between us');
  const of = (name: string, place: string) => page(name, 'oldest', place);
  const { done, count } = await calls(() =>
    Promise.all([of('u2', TEAM), of('u1', TEAM), of('u0', TEAM), of('alice', 'user:u1'), of('u1', 'user:alice')]),
  );
  assert.equal(count, 2);
  const texts = done.map((one) => textsOf(one).filter((text) => text !== undefined));
  assert.deepEqual(texts, [['before', 'after'], ['before', 'after'], ['after'], ['between us'], ['between us']]);
  const names = done.map(({ items }) => JSON.parse(items.at(-1)!.json).conversation);
  assert.deepEqual(names, [TEAM, TEAM, TEAM, 'user:u1', 'user:alice']);
});

test('a call reads so much and no more: who was left is read in the next one', async () => {
  const bulky = 'x'.repeat(20_000);
  const starts: Start[] = [];
  for (let i = 0; i < 5; i++) {
    starts.push((await page('alice', 'now')).next);
    await im.say('alice', TEAM, bulky);
  }
  const { done, count } = await calls(() => Promise.all(starts.map((start, i) => page(`u${i + 1}`, start))));
  assert.deepEqual(
    done.map(({ items }) => items.length),
    [5, 4, 3, 2, 1],
  );
  assert.equal(count, 4, 'five messages, then four, then three and two, and the last one');
});
