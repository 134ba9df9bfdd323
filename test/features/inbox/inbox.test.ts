import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { formatStreamId, predecessor, type StreamId } from '../../../src/domain/stream-ids.ts';
import { moveEpoch } from '../../../src/redis/meta/commands.ts';
import { at, commandCounts, conversation, OLDEST, startIm, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
let epoch: bigint;
beforeEach(async () => {
  epoch = BigInt((await im.redis.hget(im.keys.meta(), 'epoch'))!);
  await im.people('alice', 'bob');
});

const LIMITS = { count: 100, maxBytes: 1_000_000 };
const page = (after: StreamId, limits = LIMITS) => im.inbox.page(uid('bob'), after, limits);
const n = (seq: number): StreamId => ({ ms: epoch, seq: BigInt(seq) });
const send = async (count: number) => {
  for (let i = 0; i < count; i++) await im.say('alice', 'user:bob', `${i}`);
};
const cursors = (items: { cursor: string }[]) => items.map((item) => item.cursor.split('-')[1]).join(' ');
const inboxKey = () => im.keys.inbox(uid('bob'));

test('an empty inbox has a position, from which nothing is missed', async () => {
  const { from: now } = await im.inbox.page(uid('bob'), 'now', LIMITS);
  assert.deepEqual(now, predecessor({ ms: epoch, seq: 0n }));
  const empty = await page(now);
  assert.deepEqual([empty.items, empty.gap, empty.upToDate, empty.next], [[], undefined, true, now]);
  assert.deepEqual((await page(OLDEST)).next, now);
  await send(2);
  const full = await page(now);
  assert.equal(cursors(full.items), '0 1');
  assert.equal(full.gap, undefined);
  assert.equal(full.upToDate, true);
});

test('pages continue where the last one ended, from any cursor', async () => {
  await send(5);
  const first = await page(OLDEST, { ...LIMITS, count: 2 });
  assert.deepEqual([cursors(first.items), first.upToDate], ['0 1', false]);
  const second = await page(first.next, { ...LIMITS, count: 3 });
  assert.deepEqual([cursors(second.items), second.upToDate, second.gap], ['2 3 4', true, undefined]);
  assert.equal(cursors((await page(n(1))).items), '2 3 4');
  assert.deepEqual((await im.inbox.page(uid('bob'), 'now', LIMITS)).from, n(4));
});

test('a page is bounded in bytes, and loses nothing by it', async () => {
  for (let i = 0; i < 60; i++) await im.say('alice', 'user:bob', 'x'.repeat(10_000));
  let position: StreamId = OLDEST;
  const sizes = [];
  for (;;) {
    const part = await page(position, { count: 1_000, maxBytes: 100_000 });
    sizes.push(part.items.length);
    assert.equal(part.gap, undefined);
    position = part.next;
    if (part.upToDate) break;
  }
  assert.ok(Math.max(...sizes) <= 20, sizes.join());
  assert.equal(
    sizes.reduce((a, b) => a + b),
    60,
  );
});

test('what was trimmed is told, with how many were lost', async () => {
  await send(10);
  await im.redis.xtrim(inboxKey(), 'MAXLEN', 4);
  const cut = await page(n(2));
  assert.deepEqual(cut.gap, {
    reason: 'trimmed',
    requested: `${epoch}-2`,
    resumed: `${epoch}-5`,
    lost: 3,
    backfill: '/v1/users/bob/conversations',
  });
  assert.equal(cursors(cut.items), '6 7 8 9');
  assert.equal((await page(OLDEST)).gap, undefined, '0 asks for the oldest kept');
  assert.equal((await page(predecessor(n(0)))).gap?.lost, 6, 'from before the first entry');
  assert.equal((await page(n(5))).gap, undefined);
});

test('an inbox trimmed to nothing tells too', async () => {
  await send(3);
  await im.redis.xtrim(inboxKey(), 'MAXLEN', 0);
  const cut = await page(n(0));
  assert.deepEqual([cut.gap?.reason, cut.gap?.lost, cut.items.length, cut.upToDate], ['trimmed', 2, 0, true]);
  assert.deepEqual(cut.next, n(2));
  assert.equal((await page(n(2))).gap, undefined);
});

test('a hole in the middle ends a page, and the next one tells of it', async () => {
  await send(6);
  await im.redis.xdel(inboxKey(), formatStreamId(n(2)), formatStreamId(n(3)));
  const whole = await page(OLDEST);
  assert.deepEqual([cursors(whole.items), whole.gap, whole.upToDate], ['0 1', undefined, false]);
  const rest = await page(whole.next);
  assert.deepEqual([cursors(rest.items), rest.gap?.lost], ['4 5', 2]);
});

test('a new epoch is a reset for every older cursor, told once', async () => {
  await send(2);
  const first = await im.store.run(moveEpoch, `${epoch}`);
  assert.ok(first.moved && BigInt(first.epoch) > epoch);
  const second = await im.store.run(moveEpoch, `${epoch}`);
  assert.deepEqual(second, { epoch: first.epoch, moved: false }, 'only one node moves it');
  const reset = await page(n(1));
  assert.deepEqual([reset.gap?.reason, reset.gap?.lost, reset.upToDate], ['reset', undefined, true]);
  assert.equal((await page(reset.next)).gap, undefined);
  await send(1);
  assert.equal(cursors((await page(reset.next)).items), '0');
  assert.equal((await page(n(0))).items.length, 1, 'what was before the move is still read');
  assert.equal((await page(n(1))).gap?.reason, 'reset');
});

test('a new epoch is later than every id that was given out', async () => {
  const past = `${epoch - 86_400_000n}`;
  await im.redis.hset(im.keys.meta(), 'epoch', past);
  const before = BigInt(Date.now());
  const moved = BigInt((await im.store.run(moveEpoch, past)).epoch);
  assert.ok(moved >= before && moved <= BigInt(Date.now()), `${moved}: now, and not a day ago`);
  // And past an epoch that lies in the future.
  await im.redis.hset(im.keys.meta(), 'epoch', '9999999999999');
  assert.equal((await im.store.run(moveEpoch, '9999999999999')).epoch, '10000000000000');
});

test('a cursor beyond the inbox is a reset', async () => {
  await send(2);
  const beyond = await page(n(7));
  assert.deepEqual([beyond.gap?.reason, beyond.beyond, beyond.next], ['reset', true, n(1)]);
  assert.equal((await page(n(1))).beyond, false);
  assert.equal((await page({ ms: 2n ** 64n - 1n, seq: 2n ** 64n - 1n })).gap?.reason, 'reset');
});

test('an entry whose message is gone, or that is none, is delivered as a tombstone', async () => {
  await send(2);
  await im.redis.del(im.keys.log('ds:alice:bob' as never));
  await im.redis.xadd(inboxKey(), `${epoch}-*`, 'what', 'is this');
  await im.redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'ds:alice:bob', 'mid', 'no id');
  im.recent.clear();
  const { items } = await page(OLDEST);
  assert.deepEqual(
    items.map(({ message }) => [message.action, message.conversation, message.from]),
    [
      ['gone', 'user:alice', undefined],
      ['gone', 'user:alice', undefined],
      ['gone', 'user:bob', undefined],
      ['gone', 'user:alice', undefined],
    ],
  );
});

test('references with blanks, that somebody wrote by hand, take nothing from those around them', async () => {
  await send(1);
  await im.redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'no log', 'MID', '1-1');
  await im.redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'ds:alice:bob', 'MID', '');
  await send(1);
  const { items } = await page(OLDEST);
  assert.deepEqual(
    items.map(({ message }) => message.action),
    [undefined, 'gone', 'gone', undefined],
  );
});

test('an inbox is kept to about its limit', async (t) => {
  const small = await startIm(server, { inboxMax: 50 });
  t.after(() => small.close());
  await small.people('alice', 'bob');
  for (let i = 0; i < 400; i++) await small.say('alice', 'user:bob', `${i}`);
  const kept = await small.redis.xlen(small.keys.inbox(uid('bob')));
  assert.ok(kept >= 50 && kept < 200, `${kept} kept`);
});

test('a large inbox is looked at with every hundredth entry, and so is the feed', async (t) => {
  const large = await startIm(server, { inboxMax: 1_000, feedMax: 1_000 });
  t.after(() => large.close());
  await large.people('alice');
  const before = await commandCounts(large.redis);
  const hundred = Array.from({ length: 100 }, () => ({
    uid: uid('alice'),
    conversation: conversation('user:alice'),
    fields: { text: 'note' },
  }));
  for (let i = 0; i < 15; i++) await large.messages.sendMany(hundred);
  for (const key of [large.keys.inbox(uid('alice')), large.keys.feed()]) {
    const kept = await large.redis.xlen(key);
    assert.ok(kept >= 1_000 && kept < 1_250, `${kept} kept in ${key}`);
  }
  const cuts = (await commandCounts(large.redis)).xtrim! - (before.xtrim ?? 0);
  assert.ok(cuts >= 27 && cuts <= 31, `${cuts} times`);
});

test('nobody has an inbox who does not exist', async () => {
  await assert.rejects(im.inbox.page(uid('nobody'), OLDEST, LIMITS), { code: 'user_not_found' });
  await assert.rejects(im.inbox.page(uid('nobody'), 'now', LIMITS), { code: 'user_not_found' });
  assert.deepEqual(at('0-0'), OLDEST);
});

test('a message is rendered for each of the two of a direct chat, and again only where it was forgotten', async () => {
  await im.say('alice', 'user:bob', 'hi');
  for (let twice = 0; twice < 2; twice++) {
    for (const [reader, conversation] of [
      ['alice', 'user:bob'],
      ['bob', 'user:alice'],
    ] as const) {
      const { items } = await im.inbox.page(uid(reader), OLDEST, LIMITS);
      assert.equal(JSON.parse(items[0]!.json).conversation, conversation);
      assert.equal(items[0]!.json, JSON.stringify(items[0]!.message));
    }
  }
  const { id } = (await page(OLDEST)).items[0]!.message;
  await im.editing.erase(uid('alice'), 'user:bob' as never, id);
  assert.equal(JSON.parse((await page(OLDEST)).items[0]!.json).action, 'gone');
});

test('the last event of a removed group comes with its entry, whose log is gone', async () => {
  await im.team('team', 'alice', 'bob');
  await im.groups.remove({ kind: 'user', uid: uid('alice') }, 'team' as never);
  const { items } = await page(OLDEST);
  assert.deepEqual(
    items.map(({ message }) => message.action),
    ['gone', 'delete'],
  );
});
