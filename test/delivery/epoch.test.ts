import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { StreamId } from '../../src/domain/stream-ids.ts';
import { eventually, TestSink } from '../helpers/delivery.ts';
import { uid } from '../helpers/im.ts';
import { useNode } from '../helpers/use.ts';

/** What readers are told when Redis has lost what it had acknowledged, and when it has not. */

const { im, node } = useNode();
beforeEach(() => im.people('alice', 'bob'));

const epochNow = async () => BigInt((await im.redis.hget(im.keys.meta(), 'epoch'))!);
const inboxKey = () => im.keys.inbox(uid('bob'));

/** Bob's stream, live, after it has received so many messages. */
async function received(count: number) {
  const sink = new TestSink();
  const subscriber = await node.subscribe(uid('bob'), sink);
  await eventually(() => subscriber.state === 'live', 'a live subscriber');
  for (let i = 0; i < count; i++) await im.say('alice', 'user:bob', `${i}`);
  await sink.messages(count);
  return sink;
}

/** The connection that reads the feed. */
async function reader(): Promise<string> {
  let id: string | undefined;
  await eventually(async () => {
    id = /id=(\d+)[^\n]*cmd=xread/.exec(String(await im.redis.client('LIST')))?.[1];
    return id !== undefined;
  }, 'the reader of the feed');
  return id!;
}

/** Puts another end in place of a stream's newest entry, or none; in the same moment the reader of the feed is cut off. */
async function rewrite(key: string, last: string[] | undefined, cutOff?: string): Promise<void> {
  const entries = await im.redis.xrange(key, '-', '+');
  const change = im.redis.multi().del(key);
  for (const [id, flat] of entries.slice(0, -1)) change.xadd(key, id, ...flat);
  if (last) change.xadd(key, entries.at(-1)![0], ...last);
  if (cutOff) change.client('KILL', 'ID', cutOff);
  await change.exec();
}

/** The stream goes on in a new epoch, and its reader knows that something is missing. */
async function assertReset(sink: TestSink, before: bigint): Promise<void> {
  await sink.until((all) => all.some(({ event }) => event === 'gap'), 'a gap');
  await eventually(async () => (await epochNow()) > before, 'a new epoch');
  assert.equal(sink.gaps[0]?.reason, 'reset');
  const texts = sink.texts.length;
  await im.say('alice', 'user:bob', 'after the loss');
  await sink.messages(texts + 1);
  assert.equal(sink.texts.at(-1), 'after the loss');
  assert.ok(BigInt(sink.received.at(-1)!.cursor.split('-')[0]!) > before, 'its id is of the new epoch');
  assert.equal(node.counted.epochMoves, 1, 'one loss, one new epoch');
}

test('a feed that came back shorter than it was read: the epoch moves, and readers are told', async () => {
  const sink = await received(3);
  const before = await epochNow();
  await rewrite(im.keys.feed(), undefined, await reader());
  await assertReset(sink, before);
});

test('a feed that came back empty: the epoch moves, and readers are told', async () => {
  const sink = await received(3);
  const before = await epochNow();
  await im.redis
    .multi()
    .del(im.keys.feed())
    .client('KILL', 'ID', await reader())
    .exec();
  await assertReset(sink, before);
});

test('a feed that came back with another history: the epoch moves, and readers are told', async () => {
  const sink = await received(3);
  const before = await epochNow();
  const other = ['log', 'ds:alice:bob', 'mid', '1-1', 'to', 'bob 2'];
  await rewrite(im.keys.feed(), other, await reader());
  await assertReset(sink, before);
});

test('an inbox that lost what was delivered: the epoch moves, and readers are told', async () => {
  const sink = await received(3);
  const before = await epochNow();
  await rewrite(inboxKey(), undefined);
  node.missed();
  await assertReset(sink, before);
});

test('nobody waits for what was told while the link was broken', async () => {
  const sink = await received(1);
  const before = await epochNow();
  const id = await reader();
  const { id: mid } = await im.say('alice', 'user:alice', 'elsewhere');
  await im.redis
    .multi()
    .xadd(inboxKey(), `${before}-*`, 'FW', 'ds:alice:alice', 'mid', mid)
    .client('KILL', 'ID', id)
    .exec();
  await sink.messages(2);
  assert.equal(sink.texts.at(-1), 'elsewhere');
  assert.deepEqual([sink.gaps, node.counted.epochMoves, await epochNow()], [[], 0, before], 'nothing was lost');
});

test('a link that breaks after tokens were revoked has lost nothing', async () => {
  const sink = await received(1);
  const before = await epochNow();
  await im.people('carol');
  await im.revocations.revoke(uid('carol'));
  await im.redis.client('KILL', 'ID', await reader());
  await reader();
  await im.say('alice', 'user:bob', 'next');
  await sink.messages(2);
  assert.deepEqual([sink.gaps, node.counted.epochMoves, await epochNow()], [[], 0, before]);
});

test('a made-up cursor is told as a reset, and moves no epoch', async () => {
  await received(2);
  const before = await epochNow();
  const sink = new TestSink();
  const beyond: StreamId = { ms: before, seq: 999n };
  await node.subscribe(uid('bob'), sink, beyond);
  await sink.until((all) => all.some(({ event }) => event === 'gap'), 'a gap');
  assert.deepEqual([sink.gaps[0]?.reason, sink.gaps[0]?.resumed], ['reset', `${before}-1`]);
  for (let i = 1; i <= 3; i++) {
    await im.say('alice', 'user:bob', 'next');
    await sink.messages(i);
  }
  assert.deepEqual([node.counted.epochMoves, await epochNow(), sink.gaps.length], [0, before, 1]);
});
