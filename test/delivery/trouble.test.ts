import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { DeliveryOptions } from '../../src/delivery/delivery.ts';
import { Inbox, type InboxPage } from '../../src/features/inbox/inbox.ts';
import { eventually, startNode, type TestNode, TestSink } from '../helpers/delivery.ts';
import { quiet, startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** Delivery where something fails, is lost, or does not fit. */

let server: TestRedis;
let im: Awaited<ReturnType<typeof startIm>>;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());
beforeEach(async () => {
  im = await startIm(server);
  await im.people('alice', 'bob', 'carol');
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  im.close();
});

const nodes: TestNode[] = [];

async function start(options: Partial<DeliveryOptions> = {}, inbox = im.inbox) {
  const node = await startNode(server, { ...im, inbox }, options);
  nodes.push(node);
  return node;
}

/** Heartbeats are a minute apart: what comes sooner has come by itself. */
async function live(node: TestNode, name: string) {
  const sink = new TestSink();
  const subscriber = await node.subscribe(uid(name), sink);
  await eventually(() => subscriber.state === 'live', 'a live subscriber');
  return { sink, subscriber };
}

const epochNow = () => im.redis.hget(im.keys.meta(), 'epoch');

test('a large message that could not be read for the feed comes well before the next heartbeat', async () => {
  const large = 'x'.repeat(50_000);
  let failed = () => {};
  const failure = new Promise<void>((resolve) => {
    failed = resolve;
  });
  const node = await start({ log: { ...quiet, warn: () => failed() } });
  const { sink } = await live(node, 'bob');
  // A Redis that refuses reads from logs for a moment: to everybody but the script that sends, which needs none.
  await im.redis.acl('SETUSER', 'default', '-xrange');
  try {
    await im.say('alice', 'user:bob', large);
    await failure;
  } finally {
    await im.redis.acl('SETUSER', 'default', '+xrange');
  }
  await sink.messages(1);
  await im.say('alice', 'user:bob', 'and on');
  await sink.messages(2);
  assert.deepEqual(sink.texts, [large, 'and on']);
});

test('a loss moves the epoch once, whoever sees it', async () => {
  const here = await start();
  const held = heldInbox();
  const there = await start({}, held.inbox);
  const [first, second] = [await live(here, 'bob'), await live(there, 'bob')];
  await im.say('alice', 'user:bob', 'seen');
  await Promise.all([first.sink.messages(1), second.sink.messages(1)]);
  const before = await epochNow();
  // Lost, as by a server that came back with less.
  await im.redis.del(im.keys.inbox(uid('bob')));
  held.hold();
  there.missed();
  await held.read;
  here.missed();
  await eventually(async () => (await epochNow()) !== before, 'a new epoch');
  const moved = await epochNow();
  // The other node has read its page before that, and looks at it now.
  held.release();
  await second.sink.until((all) => all.some(({ event }) => event === 'gap'), 'the gap');
  await im.say('alice', 'user:bob', 'after');
  await Promise.all([first.sink.messages(2), second.sink.messages(2)]);
  assert.deepEqual([await epochNow(), here.counted.epochMoves, there.counted.epochMoves], [moved, 1, 0]);
});

test('a feed that has lost what two nodes have read moves the epoch once', async () => {
  const followed = [await live(await start(), 'bob'), await live(await start(), 'bob')];
  for (let i = 0; i < 3; i++) await im.say('alice', 'user:bob', `${i}`);
  for (const { sink } of followed) await sink.messages(3);
  const before = await epochNow();
  // The last entry of the feed is gone, and others stand around its place: what only a lost write can do.
  const [newest] = await im.redis.xrevrange(im.keys.feed(), '+', '-', 'COUNT', 1);
  await im.redis.xdel(im.keys.feed(), newest![0]);
  const readers = async () =>
    [...String(await im.redis.client('LIST')).matchAll(/id=(\d+)[^\n]*cmd=xread/g)].map(([, id]) => id!);
  await eventually(async () => (await readers()).length === 2, 'two readers');
  const [one, two] = await readers();
  await im.redis.client('KILL', 'ID', one!);
  await eventually(async () => (await epochNow()) !== before, 'a new epoch');
  const moved = await epochNow();
  await im.redis.client('KILL', 'ID', two!);
  await im.say('alice', 'user:bob', 'after');
  for (const { sink } of followed) await sink.messages(4);
  await im.say('alice', 'user:bob', 'and on');
  for (const { sink } of followed) await sink.messages(5);
  assert.equal(await epochNow(), moved);
});

test('a subscriber beyond the first 500 of a group is told by the feed like the others', async () => {
  const node = await start();
  const names = Array.from({ length: 599 }, (_, i) => `member-${i}`);
  await im.people(...names);
  await im.team('crowd', 'alice', 'bob');
  await im.redis.sadd(im.keys.members('crowd' as never), ...names);
  const order = await im.redis.smembers(im.keys.members('crowd' as never));
  const { sink: first } = await live(node, order[0]!);
  const { sink: last } = await live(node, order.at(-1)!);
  assert.equal(order.length, 601);
  await im.say('alice', 'group:crowd', 'all of you');
  await Promise.all([first.messages(1), last.messages(1)]);
  assert.deepEqual([first.texts, last.texts], [['all of you'], ['all of you']]);
});

test('a body beyond 2 KiB is not kept in the feed', async () => {
  const body = async (text: string) => {
    await im.say('alice', 'user:bob', text);
    const [entry] = await im.redis.xrevrange(im.keys.feed(), '+', '-', 'COUNT', 1);
    const [, flat] = entry!;
    assert.deepEqual(
      [0, 2, 4].map((at) => flat[at]),
      ['log', 'mid', 'to'],
    );
    return flat.slice(6);
  };
  const small = await body('y'.repeat(1_900));
  assert.equal(small.at(-1), 'y'.repeat(1_900));
  assert.deepEqual(await body('z'.repeat(2_100)), []);
});

test('a reader whose socket takes nothing for too long is sent away as too slow', async () => {
  const node = await start({ stallMs: 100 });
  const { sink, subscriber } = await live(node, 'bob');
  const { sink: reads } = await live(node, 'bob');
  sink.full = true;
  await im.say('alice', 'user:bob', 'hi');
  await sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([sink.received.at(-1)?.data.reason, sink.ended, subscriber.state], ['too_slow', true, 'closed']);
  await reads.messages(1);
  assert.deepEqual([node.counted.behind, node.counted.live], [0, 1], 'who reads stays');
});

test('a removal of which nobody tells ends a stream with its next heartbeat', async () => {
  const node = await start({ heartbeatMs: 200 });
  const [former, other] = [await live(node, 'bob'), await live(node, 'alice')];
  // As somebody would who edits the keys, or a feed that does not say it.
  await im.redis.del(im.keys.user(uid('bob')));
  await former.sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([former.sink.received.at(-1)?.data.reason, former.sink.ended], ['user_removed', true]);
  // A new user of the name is another one.
  await im.people('bob');
  const anew = await live(node, 'bob');
  await im.redis.hincrby(im.keys.removedUser(uid('bob')), 'incarnation', 1);
  await anew.sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  await other.sink.until((all) => all.at(-1)?.event === 'heartbeat', 'a heartbeat');
  assert.equal(other.subscriber.state, 'live');
});

/** An inbox whose next page is held back when it has been read. */
function heldInbox() {
  let isHeld = false;
  let release = () => {};
  let readOne = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const read = new Promise<void>((resolve) => {
    readOne = resolve;
  });
  class HeldInbox extends Inbox {
    override async page(...args: Parameters<Inbox['page']>): Promise<InboxPage> {
      const page = await super.page(...args);
      if (isHeld) {
        readOne();
        await released;
      }
      return page;
    }
  }
  const inbox = new HeldInbox(im.store, im.logs);
  return {
    inbox,
    read,
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      release();
    },
  };
}
