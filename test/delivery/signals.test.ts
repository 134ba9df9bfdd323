import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryOptions } from '../../src/delivery/delivery.ts';
import { moveEpoch } from '../../src/redis/meta/commands.ts';
import { eventually, startNode, TestSink } from '../helpers/delivery.ts';
import { conversation, uid } from '../helpers/im.ts';
import { useIm } from '../helpers/use.ts';

/** Signals: to whoever listens right now; and who may have missed one is told so. */

const { server, im } = useIm();

async function start(t: { after(done: () => Promise<void>): void }, options: Partial<DeliveryOptions> = {}) {
  const node = await startNode(server, im, options);
  t.after(() => node.stop());
  const live = async (name: string) => {
    const sink = new TestSink();
    const subscriber = await node.subscribe(uid(name), sink);
    await eventually(() => subscriber.state === 'live', 'a live subscriber');
    return { sink, subscriber };
  };
  return { node, live };
}

/** Alice writes to bob, who reads it: a signal to both. */
async function talk() {
  await im.people('alice', 'bob', 'carol');
  const { id } = await im.say('alice', 'user:bob', 'hi');
  return { id, read: () => im.conversations.markRead(uid('bob'), conversation('user:alice'), id) };
}

const names = ({ signals }: TestSink) => signals.map(({ event }) => event);
const told = (sink: TestSink, ...events: string[]) =>
  eventually(() => names(sink).join() === events.join(), `${events.join()}; there is ${names(sink).join()}`);

test('a signal reaches the streams of its recipients on all nodes, each with its own name of the conversation', async (t) => {
  const { id, read } = await talk();
  const [here, there] = [await start(t), await start(t)];
  const [alice, bob, other, carol] = [
    await here.live('alice'),
    await here.live('bob'),
    await there.live('bob'),
    await there.live('carol'),
  ];
  await read();
  for (const { sink } of [alice, bob, other]) await told(sink, 'stale', 'read');
  assert.deepEqual(alice.sink.signals[1]?.data, { conversation: 'user:bob', uid: 'bob', upTo: id });
  assert.deepEqual(bob.sink.signals[1]?.data, { conversation: 'user:alice', uid: 'bob', upTo: id });
  assert.deepEqual(names(carol.sink), ['stale'], 'nobody else');
  // What comes with a cursor is not touched by it.
  await im.say('alice', 'user:bob', 'on');
  await bob.sink.messages(1);
  assert.deepEqual([bob.sink.gaps, bob.subscriber.state], [[], 'live']);
});

test('a reaction is told to who is in the conversation, settings of one’s own to one’s own devices', async (t) => {
  const { id } = await talk();
  const node = await start(t);
  const [alice, bob, carol] = [await node.live('alice'), await node.live('bob'), await node.live('carol')];
  const toAlice = conversation('user:alice');
  await im.reactions.add(uid('bob'), toAlice, id, '👍');
  await im.reactions.add(uid('bob'), toAlice, id, '👍');
  await im.reactions.remove(uid('bob'), toAlice, id, '👍');
  await im.conversations.change(uid('bob'), toAlice, { pinned: true });
  await im.conversations.hide(uid('bob'), toAlice);
  await told(alice.sink, 'stale', 'reaction', 'reaction');
  await told(bob.sink, 'stale', 'reaction', 'reaction', 'conversation', 'conversation');
  const reaction = { conversation: 'user:bob', target: id, uid: 'bob', reaction: '👍' };
  assert.deepEqual(
    alice.sink.signals.slice(1).map(({ data }) => data),
    [
      { ...reaction, added: true, reactions: [{ reaction: '👍', count: 1 }] },
      { ...reaction, added: false, reactions: [] },
    ],
  );
  assert.deepEqual(
    bob.sink.signals.slice(3).map(({ data }) => data),
    [
      { conversation: toAlice, pinned: true },
      { conversation: toAlice, hidden: true },
    ],
  );
  assert.deepEqual(names(carol.sink), ['stale']);
});

test('ids of signals have no holes, and go beyond all former ones when the stream is made anew', async () => {
  const ids = async () => (await im.redis.xrange(im.keys.signals(), '-', '+')).map(([id]) => id.split('-').map(BigInt));
  await im.people('alice');
  const notes = [await im.say('alice', 'user:alice', '1'), await im.say('alice', 'user:alice', '2')];
  // One's own messages are read: nothing is told.
  assert.equal((await ids()).length, 1);
  await im.people('bob');
  for (const { id } of notes) assert.ok(id);
  const { id: one } = await im.say('alice', 'user:bob', '1');
  const { id: two } = await im.say('alice', 'user:bob', '2');
  const read = (id: typeof one) => im.conversations.markRead(uid('bob'), conversation('user:alice'), id);
  await read(one);
  await read(two);
  const [first, second, third] = (await ids()) as bigint[][];
  assert.deepEqual([second![1]! - first![1]!, third![1]! - second![1]!], [1n, 1n]);
  await im.redis.del(im.keys.signals());
  await read((await im.say('alice', 'user:bob', '3')).id);
  const [anew] = await ids();
  assert.equal(anew![0], first![0]);
  assert.ok(anew![1]! > third![1]! + 1n, `${anew} after ${third}`);
});

/** How a signal may be lost, and what shows it. */
const LOSSES: [what: string, lose: () => Promise<unknown>][] = [
  [
    'a hole',
    async () => {
      const [newest] = await im.redis.xrevrange(im.keys.signals(), '+', '-', 'COUNT', 1);
      const [ms, seq] = newest![0].split('-');
      // As if another one had been trimmed away before this node read it.
      await im.redis.xadd(im.keys.signals(), `${ms}-${BigInt(seq!) + 2n}`, 'kind', 'none', 'log', '', 'to', '');
    },
  ],
  ['a deletion', () => im.redis.del(im.keys.signals())],
  [
    'a broken link',
    async () => {
      let reader: string | undefined;
      const find = async () => {
        reader = /id=(\d+)[^\n]*cmd=xread/.exec(String(await im.redis.client('LIST')))?.[1];
        return reader !== undefined;
      };
      // Between two reads it may do something else.
      await eventually(find, 'the reader');
      await im.redis.client('KILL', 'ID', reader!);
    },
  ],
  [
    'a new epoch',
    async () => {
      await im.store.run(moveEpoch, (await im.redis.hget(im.keys.meta(), 'epoch'))!);
      await im.redis.xadd(
        im.keys.signals(),
        `${await im.redis.hget(im.keys.meta(), 'epoch')}-*`,
        'kind',
        'none',
        'log',
        '',
        'to',
        '',
      );
    },
  ],
];

for (const [what, lose] of LOSSES) {
  test(`after ${what} everybody is told that signals may have been missed, and gets what follows`, async (t) => {
    const { read } = await talk();
    const { live } = await start(t);
    const [alice, bob] = [await live('alice'), await live('bob')];
    for (const { sink } of [alice, bob]) await told(sink, 'stale');
    await lose();
    await eventually(() => alice.subscriber.staleAt !== undefined, 'a loss that was seen');
    for (const { subscriber } of [alice, bob]) {
      const inMs = subscriber.staleAt! - Date.now();
      assert.ok(inMs <= 10_000, `spread over 10 s, not ${inMs} ms`);
    }
    await read();
    for (const { sink } of [alice, bob]) {
      await eventually(() => names(sink).includes('read'), 'what follows');
    }
    for (const { subscriber, sink } of [alice, bob]) {
      // In its time, which is up to 10 s away: not waited for here.
      if (subscriber.staleAt !== undefined) subscriber.stale();
      assert.equal(names(sink).filter((name) => name === 'stale').length, 2);
    }
  });
}

test('who is due is told by the timer, once', async (t) => {
  await talk();
  const { node, live } = await start(t);
  const followed = [];
  for (let i = 0; i < 12; i++) followed.push(await live('bob'));
  node.hub.signalsMissed('');
  node.hub.signalsMissed('');
  const due = followed.map(({ subscriber }) => subscriber.staleAt!);
  assert.ok(Math.max(...due) - Math.min(...due) > 1_000, 'not all at once');
  const first = followed[due.indexOf(Math.min(...due))]!;
  await told(first.sink, 'stale', 'stale');
  assert.equal(first.subscriber.staleAt, undefined);
});

test('a slow client goes without signals, never without messages, and is told once it reads again', async (t) => {
  const { read } = await talk();
  const { live } = await start(t);
  const { sink, subscriber } = await live('bob');
  await told(sink, 'stale');
  sink.full = true;
  await im.say('alice', 'user:bob', 'more than it takes');
  await eventually(() => subscriber.stalledSince !== undefined, 'a full socket');
  const witness = await live('alice');
  await read();
  await told(witness.sink, 'stale', 'read');
  assert.deepEqual(names(sink), ['stale']);
  sink.drain();
  await told(sink, 'stale', 'stale');
  await sink.messages(1);
  assert.deepEqual(sink.texts, ['more than it takes']);
});

test('a burst of signals pushes no delivery out, and what nobody understands harms nobody', async (t) => {
  const { read } = await talk();
  const { live } = await start(t);
  const { sink } = await live('bob');
  const pipeline = im.redis.pipeline();
  const epoch = await im.redis.hget(im.keys.meta(), 'epoch');
  for (let i = 0; i < 2_000; i++) {
    pipeline.xadd(im.keys.signals(), `${epoch}-*`, 'kind', 'novel', 'log', 'gs:x', 'to', 'bob', 'uid', 'eve');
  }
  pipeline.xadd(im.keys.signals(), `${epoch}-*`, 'odd', 'one');
  pipeline.xadd(
    im.keys.signals(),
    `${epoch}-*`,
    'kind',
    'typing',
    'log',
    'gs:x',
    'to',
    'bob',
    'uid',
    'eve',
    'until',
    'x',
  );
  pipeline.xadd(im.keys.signals(), `${epoch}-*`, 'kind', 'constructor', 'log', 'gs:x', 'to', 'bob');
  await pipeline.exec();
  await im.say('alice', 'user:bob', 'after them');
  await read();
  await sink.messages(1);
  await told(sink, 'stale', 'read');
  assert.deepEqual(sink.gaps, []);
});
