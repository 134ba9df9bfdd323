import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Redis } from 'ioredis';
import type { MessageId } from '../../src/domain/stream-ids.ts';
import { LogReader } from '../../src/features/following/log-reader.ts';
import { Inbox } from '../../src/features/inbox/inbox.ts';
import { EntryCache } from '../../src/features/messages/entry-cache.ts';
import { Logs } from '../../src/features/messages/logs.ts';
import { eventually, startNode, type TestNode, TestSink } from '../helpers/delivery.ts';
import { conversation, gid, OLDEST, startIm, uid, user } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** What was erased is served from no node's memory. */

let server: TestRedis;
let im: Awaited<ReturnType<typeof startIm>>;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());
beforeEach(async () => {
  im = await startIm(server);
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob', 'carol');
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  im.close();
});

/** A test's other nodes. */
const nodes: TestNode[] = [];

const texts = async (inbox = im.inbox) => {
  const { items } = await inbox.page(uid('bob'), OLDEST, { count: 100, maxBytes: Infinity });
  return items.flatMap(({ message }) => message.fields.text ?? []);
};
const erase = (mid: MessageId) => im.editing.erase(uid('alice'), conversation('group:team'), mid);

/** Another node: a memory of its own, which only the feed tells of what happens here. */
async function anotherNode() {
  const recent = new EntryCache();
  const logs = new Logs(im.store, recent);
  const inbox = new Inbox(im.store, logs);
  const logReader = new LogReader(im.store, logs);
  const node = await startNode(server, { store: im.store, logs, recent, inbox, logReader });
  nodes.push(node);
  const sink = new TestSink();
  const subscriber = await node.subscribe(uid('carol'), sink);
  await eventually(() => subscriber.state === 'live', 'a live subscriber');
  return { inbox, sink };
}

test('the node that erases a message, or removes a group, has forgotten it before it answers', async () => {
  const { id } = await im.say('alice', 'group:team', 'a slip');
  await im.say('alice', 'group:team', 'the rest');
  assert.deepEqual(await texts(), ['a slip', 'the rest']);
  await erase(id);
  assert.deepEqual(await texts(), ['the rest']);
  await im.groups.remove(user('alice'), gid('team'));
  assert.deepEqual(await texts(), []);
});

test('the other nodes forget it when the feed tells', async () => {
  const { inbox, sink } = await anotherNode();
  const { id } = await im.say('alice', 'group:team', 'a slip');
  await im.say('alice', 'group:team', 'the rest');
  await im.say('bob', 'user:bob', 'of another log');
  assert.deepEqual(await texts(inbox), ['a slip', 'the rest', 'of another log']);
  await erase(id);
  await sink.until((all) => all.some(({ data }) => data.action === 'erase'), 'the erasure');
  assert.deepEqual(await texts(inbox), ['the rest', 'of another log']);
  await im.groups.remove(user('alice'), gid('team'));
  await sink.until((all) => all.some(({ data }) => data.action === 'delete'), 'the removal');
  assert.deepEqual(await texts(inbox), ['of another log']);
});

test('the other nodes forget the edits of what was erased, too', async () => {
  const { inbox, sink } = await anotherNode();
  const { id } = await im.say('alice', 'group:team', 'a slip');
  await im.editing.edit(uid('alice'), conversation('group:team'), id, { text: 'another slip' });
  assert.deepEqual(await texts(inbox), ['a slip', 'another slip']);
  await erase(id);
  await sink.until((all) => all.some(({ data }) => data.action === 'erase'), 'the erasure');
  assert.deepEqual(await texts(inbox), []);
});

for (const what of ['message', 'group'] as const) {
  test(`a read that was under way when a ${what} went keeps nothing of it`, async () => {
    const { id } = await im.say('alice', 'group:team', 'a slip');
    const answers = holdAnswers(im.redis);
    const reading = texts();
    await answers.come;
    if (what === 'message') await erase(id);
    else await im.groups.remove(user('alice'), gid('team'));
    answers.release();
    assert.deepEqual(await reading, ['a slip'], 'it was read before');
    assert.deepEqual(await texts(), []);
  });
}

/** Holds back what was read of logs, once it has come from Redis. */
function holdAnswers(redis: Redis): { come: Promise<void>; release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const xrange = redis.xrange.bind(redis) as (...args: unknown[]) => Promise<[string, string[]][]>;
  const come = new Promise<void>((resolve) => {
    const held = async (...args: unknown[]) => {
      const entries = await xrange(...args);
      resolve();
      await released;
      return entries;
    };
    redis.xrange = held as typeof redis.xrange;
  });
  return { come, release };
}
