import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { ChainableCommander } from 'ioredis';
import { DEFAULT_SPACE } from '../../src/domain/spaces.ts';
import { type StreamId, successor } from '../../src/domain/stream-ids.ts';
import { moveEpoch } from '../../src/redis/meta/commands.ts';
import { eventually, TestSink } from '../helpers/delivery.ts';
import { commandCounts, conversation, OLDEST, uid } from '../helpers/im.ts';
import { useNode } from '../helpers/use.ts';

const { im, node, anotherNode } = useNode();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const now = async (name: string) => (await im.inbox.page(uid(name), 'now', { count: 0, maxBytes: 0 })).from;
const follow = async (name: string, start?: StreamId, on = node) => {
  const sink = new TestSink();
  const subscriber = await on.subscribe(uid(name), sink, start);
  return { sink, subscriber };
};
const live = async (name: string, start?: StreamId) => {
  const followed = await follow(name, start);
  await eventually(() => followed.subscriber.state === 'live', 'a live subscriber');
  return followed;
};
const say = async (count: number, from = 0, to = 'user:bob') => {
  for (let i = from; i < from + count; i++) await im.say('alice', to, `${i}`);
};
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
/** Keeps the page that is read first from arriving until it is released. */
function holdFirstPage() {
  const page = im.inbox.page.bind(im.inbox);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reads = 0;
  const wasRead = new Promise<void>((resolve) => {
    im.inbox.page = async (...args) => {
      const read = await page(...args);
      if (reads++ > 0) return read;
      resolve();
      await held;
      return read;
    };
  });
  return { wasRead, release };
}
const fromNow = (openSink: () => TestSink) => ({ start: 'now' as const, openSink, expiresAt: Infinity });
const inboxKey = () => im.keys.inbox(uid('bob'));

test('a stream starts with a cursor, even with nothing to send', async () => {
  const { sink, subscriber } = await follow('bob');
  assert.equal(sink.received[0]?.event, 'ready');
  assert.equal(sink.received[0]?.cursor, sink.received[0]?.data.cursor);
  await eventually(() => subscriber.state === 'live', 'live');
  assert.equal(sink.received.length, 1);
});

test('a live subscriber gets what the feed says without reading its inbox', async () => {
  const { sink } = await live('bob');
  let reads = 0;
  const page = im.inbox.page.bind(im.inbox);
  im.inbox.page = (...args) => {
    reads++;
    return page(...args);
  };
  await say(20);
  await sink.messages(20);
  assert.deepEqual(sink.texts, numbers(20));
  assert.equal(reads, 0);
  const ids = sink.received.slice(1).map(({ cursor }) => cursor.split('-').map(BigInt) as [bigint, bigint]);
  for (const [i, [ms, seq]] of ids.entries()) {
    if (i > 0) assert.deepEqual({ ms, seq }, successor({ ms: ids[i - 1]![0], seq: ids[i - 1]![1] }));
  }
});

test('everything from any cursor, over pages and into live, while messages go on', async () => {
  await say(450);
  const middle = { ms: (await now('bob')).ms, seq: 99n };
  const sending = say(150, 450);
  const [all, half] = await Promise.all([follow('bob', OLDEST), follow('bob', middle)]);
  await sending;
  await Promise.all([all.sink.messages(600), half.sink.messages(500)]);
  assert.deepEqual(all.sink.texts, numbers(600));
  assert.deepEqual(half.sink.texts, numbers(600).slice(100));
  assert.deepEqual([...all.sink.gaps, ...half.sink.gaps], []);
});

test('each reader sees the conversation as its own; large messages come whole', async () => {
  const [alice, bob] = await Promise.all([live('alice'), live('bob')]);
  const large = 'x'.repeat(50_000);
  await im.say('alice', 'user:bob', large);
  await im.say('bob', 'user:alice', 'ok');
  await Promise.all([alice.sink.messages(2), bob.sink.messages(2)]);
  assert.deepEqual(bob.sink.texts, [large, 'ok']);
  assert.deepEqual(
    [alice, bob].map(({ sink }) => sink.received.slice(1).map(({ data }) => data.conversation)),
    [
      ['user:bob', 'user:bob'],
      ['user:alice', 'user:alice'],
    ],
  );
});

test('several connections of one user each get everything', async () => {
  const sinks = await Promise.all([live('bob'), live('bob'), live('bob', OLDEST)]);
  await say(10);
  for (const { sink } of sinks) {
    await sink.messages(10);
    assert.deepEqual(sink.texts, numbers(10));
  }
});

test('a feed that is trimmed, deleted or told lies costs nobody a message', async () => {
  const { sink, subscriber } = await live('bob');
  await say(1);
  await sink.messages(1);
  // A hole: this entry of the feed is never told.
  const { redis, keys } = im;
  const epoch = (await redis.hget(keys.meta(), 'epoch'))!;
  await redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'ds:alice:bob', 'mid', '1-1');
  await im.say('alice', 'user:bob', 'after the hole');
  await sink.messages(3);
  assert.deepEqual(sink.texts, ['0', 'gone', 'after the hole']);
  // The same entry told twice, and one from nowhere.
  const [last] = await redis.xrevrange(keys.feed(), '+', '-', 'COUNT', 1);
  await redis.xadd(keys.feed(), `${epoch}-*`, ...last![1]);
  await redis.xadd(
    keys.feed(),
    `${epoch}-*`,
    'log',
    'ds:alice:bob',
    'mid',
    '9-9',
    'to',
    'bob 999',
    'uid',
    'eve',
    'n',
    '9',
  );
  await im.say('alice', 'user:bob', 'after the lies');
  await sink.messages(4);
  assert.deepEqual(sink.texts.slice(3), ['after the lies']);
  // Deleted: ids start anew, below what the reader waits for.
  await redis.del(keys.feed());
  await im.say('alice', 'user:bob', 'after the deletion');
  await sink.messages(5);
  await eventually(() => subscriber.state === 'live', 'live again');
  await im.say('alice', 'user:bob', 'live again');
  await sink.messages(6);
  assert.deepEqual(sink.texts.slice(4), ['after the deletion', 'live again']);
  assert.equal(node.counted.epochMoves, 0, 'nothing was lost');
  assert.deepEqual(sink.gaps, []);
});

test('what happens while a page is read is not left for later', async () => {
  const { wasRead, release } = holdFirstPage();
  const following = follow('bob');
  await wasRead;
  await im.say('alice', 'user:bob', 'meanwhile');
  // The feed is read in order: when this node has this one, it has had the one before.
  const witness = await live('carol');
  await im.say('alice', 'user:carol', 'x');
  await witness.sink.messages(1);
  release();
  const { sink } = await following;
  await sink.messages(1);
  assert.deepEqual(sink.texts, ['meanwhile']);
});

test('a stream that is ended while its first page is read tells nothing, and says why to who has opened it', async () => {
  const { wasRead, release } = holdFirstPage();
  const sink = new TestSink();
  const subscriber = node.hub.subscribe(
    node.inboxOf(uid('bob')),
    fromNow(() => sink),
  );
  await wasRead;
  node.hub.end(subscriber, 'token_revoked', 700);
  assert.deepEqual(await subscriber.opened, { reason: 'token_revoked', retryMs: 700 });
  release();
  await im.say('alice', 'user:bob', 'later');
  const witness = await live('bob', OLDEST);
  await witness.sink.messages(1);
  assert.deepEqual(sink.received, []);
  assert.equal(node.hub.subscribers.size, 1);
});

test('who goes while the first page is read leaves nothing behind', async () => {
  const { wasRead, release } = holdFirstPage();
  let opens = 0;
  const openSink = () => {
    opens++;
    return new TestSink();
  };
  const subscriber = node.hub.subscribe(node.inboxOf(uid('bob')), fromNow(openSink));
  await wasRead;
  node.hub.unsubscribe(subscriber);
  assert.equal(await subscriber.opened, undefined);
  release();
  await live('bob');
  assert.equal(opens, 0);
  assert.equal(node.counted['catching-up'], 0);
});

test('who may not read is refused before anything is told', async () => {
  const sink = new TestSink();
  const subscriber = node.hub.subscribe(
    node.inboxOf(uid('nobody')),
    fromNow(() => sink),
  );
  await assert.rejects(subscriber.opened, { code: 'user_not_found' });
  assert.deepEqual(sink.received, []);
});

test('a hole in the feed makes everybody look, also those whom nothing else tells', async () => {
  const { sink } = await live('bob');
  const { redis, keys } = im;
  const { id } = await im.say('alice', 'user:carol', 'elsewhere');
  const epoch = (await redis.hget(keys.meta(), 'epoch'))!;
  await redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'ds:alice:carol', 'mid', id);
  const [last] = await redis.xrevrange(keys.feed(), '+', '-', 'COUNT', 1);
  const after = BigInt(last![0].split('-')[1]!) + 2n;
  await redis.xadd(keys.feed(), `${epoch}-${after}`, 'log', 'ds:alice:carol', 'mid', id, 'to', '');
  await sink.messages(1);
});

test('a broken link of the feed reader heals by itself', async () => {
  const { sink } = await live('bob');
  await say(1);
  await sink.messages(1);
  for (let round = 1; round <= 3; round++) {
    const clients = String(await im.redis.client('LIST'));
    const reader = /id=(\d+)[^\n]*cmd=xread/.exec(clients)?.[1];
    if (reader) await im.redis.client('KILL', 'ID', reader);
    await im.say('alice', 'user:bob', `${round}`);
    await sink.messages(round + 1);
  }
  assert.deepEqual(sink.texts, numbers(4));
  assert.deepEqual([sink.gaps, node.counted.epochMoves], [[], 0]);
});

test('what is lost is told as a gap, live and from a stored cursor', async () => {
  const { sink } = await live('bob');
  await say(10);
  await sink.messages(10);
  await im.redis.xtrim(inboxKey(), 'MAXLEN', 2);
  const start = { ms: (await now('bob')).ms, seq: 3n };
  const { sink: late } = await live('bob', start);
  assert.deepEqual(
    late.gaps.map(({ reason, lost }) => [reason, lost]),
    [['trimmed', 4]],
  );
  assert.deepEqual(late.texts, ['8', '9']);
  await im.store.run(moveEpoch, String(start.ms));
  await im.say('alice', 'user:bob', 'new epoch');
  await sink.messages(11);
  assert.deepEqual(
    sink.gaps.map(({ reason }) => reason),
    ['reset'],
  );
  assert.deepEqual(sink.texts.slice(10), ['new epoch']);
});

test('a full socket waits in its stream and then gets everything, with memory bounded', async () => {
  const { sink, subscriber } = await live('bob');
  sink.full = true;
  await say(300);
  await eventually(() => subscriber.state === 'behind', 'behind');
  const before = sink.received.length;
  assert.ok(before < 10, `${before} events were pushed at a full socket`);
  assert.notEqual(subscriber.stalledSince, undefined);
  sink.drain();
  await sink.messages(300);
  assert.deepEqual(sink.texts, numbers(300));
});

test('frames of one batch go in one write', async () => {
  const { sink } = await live('bob');
  const sends = numbers(50).map((text) => ({
    uid: uid('alice'),
    conversation: conversation('user:bob'),
    fields: { text },
  }));
  const writes = sink.writes;
  await im.messages.sendMany(sends);
  await sink.messages(50);
  assert.deepEqual(sink.texts, numbers(50));
  assert.ok(sink.writes - writes <= 10, `${sink.writes - writes} writes`);
});

test('where nobody listens the feed is read less often', async () => {
  const readsMeanwhile = async () => {
    const before = await commandCounts(im.redis);
    const epoch = (await im.redis.hget(im.keys.meta(), 'epoch'))!;
    const tell = (pipeline: ChainableCommander) =>
      pipeline.xadd(im.keys.feed(), `${epoch}-*`, 'log', 'ds:alice:bob', 'mid', '1-1', 'to', '');
    for (let i = 0; i < 100; i++) await tell(tell(im.redis.pipeline())).exec();
    return (await commandCounts(im.redis)).xread! - before.xread!;
  };
  await readsMeanwhile();
  // On a machine that has no time for it both are read as often as they come.
  await eventually(async () => {
    const unheard = await readsMeanwhile();
    const { subscriber } = await live('carol');
    const heard = await readsMeanwhile();
    node.hub.unsubscribe(subscriber);
    return unheard * 2 < heard;
  }, 'half as many reads');
});

test('a heartbeat is sent only to who has everything', async () => {
  const fast = await anotherNode({ heartbeatMs: 300 });
  const { sink, subscriber } = await follow('bob', undefined, fast);
  await sink.until((all) => all.some(({ event }) => event === 'heartbeat'), 'a heartbeat');
  assert.equal(sink.received.at(-1)?.cursor, sink.received.at(-1)?.data.cursor);
  // Nobody tells the feed of this entry: only the comparison can find it.
  const epoch = (await im.redis.hget(im.keys.meta(), 'epoch'))!;
  const { id } = await im.say('alice', 'user:carol', 'elsewhere');
  await im.redis.xadd(inboxKey(), `${epoch}-*`, 'FW', 'ds:alice:carol', 'mid', id);
  const beats = () => sink.received.findLastIndex(({ event }) => event === 'heartbeat');
  const last = beats();
  await sink.messages(1);
  const message = sink.received.findIndex(({ event }) => event === 'message');
  assert.ok(!sink.received.slice(last + 1, message).some(({ event }) => event === 'heartbeat'));
  await eventually(() => beats() > message, 'a heartbeat after the message');
  assert.equal(subscriber.state, 'live');
});

test('a stream ends with its token, and with its user', async () => {
  const sink = new TestSink();
  await node.subscribe(uid('bob'), sink, undefined, Date.now() + 300);
  await sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([sink.received.at(-1)?.data.reason, sink.ended], ['token_expired', true]);
  const { sink: carol } = await live('carol');
  await im.users.remove(uid('carol'));
  node.missed();
  await carol.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.equal(carol.received.at(-1)?.data.reason, 'user_removed');
});

test('draining says bye to everybody, rings every doorbell, and admits nobody', async () => {
  const [one, two] = await Promise.all([live('bob'), live('alice')]);
  const { rung } = node.hub.doorbell(node.inboxOf(uid('carol')));
  assert.equal(node.hub.admits(DEFAULT_SPACE, uid('carol')), true);
  node.hub.drain();
  await rung;
  for (const { sink } of [one, two]) {
    assert.deepEqual([sink.received.at(-1)?.event, sink.ended], ['bye', true]);
    assert.equal(sink.received.at(-1)?.data.reason, 'shutdown');
  }
  assert.equal(node.hub.admits(DEFAULT_SPACE, uid('carol')), false);
});

test('the number of subscribers is bounded, for a user and for the node', async () => {
  const small = await anotherNode({ maxSubscribers: 3, maxSubscribersPerUser: 2 });
  await follow('bob', undefined, small);
  const second = await follow('bob', undefined, small);
  assert.deepEqual(
    [small.hub.admits(DEFAULT_SPACE, uid('bob')), small.hub.admits(DEFAULT_SPACE, uid('alice'))],
    [false, true],
  );
  await follow('alice', undefined, small);
  assert.equal(small.hub.admits(DEFAULT_SPACE, uid('carol')), false);
  small.hub.unsubscribe(second.subscriber);
  assert.deepEqual(
    [small.hub.admits(DEFAULT_SPACE, uid('bob')), small.hub.admits(DEFAULT_SPACE, uid('carol'))],
    [true, true],
  );
});

test('the states are counted, and nothing is left when all have gone', async () => {
  const { subscriber } = await live('bob');
  const { subscriber: other } = await live('bob');
  assert.deepEqual([node.counted.live, node.counted['catching-up'], node.counted.behind], [2, 0, 0]);
  node.hub.unsubscribe(subscriber);
  node.hub.unsubscribe(other);
  node.hub.unsubscribe(other);
  await say(3);
  assert.deepEqual([node.counted.live, node.counted['catching-up'], node.counted.behind], [0, 0, 0]);
});

test('two nodes deliver to their own subscribers what is sent through either', async () => {
  const other = await anotherNode();
  const here = await live('bob');
  const there = await follow('bob', undefined, other);
  await eventually(() => there.subscriber.state === 'live', 'live');
  await say(20);
  await Promise.all([here.sink.messages(20), there.sink.messages(20)]);
  assert.deepEqual([here.sink.texts, there.sink.texts], [numbers(20), numbers(20)]);
});
