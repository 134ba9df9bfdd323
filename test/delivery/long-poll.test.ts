import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type MessageItem, positionOf, type Source } from '../../src/delivery/source.ts';
import { poll } from '../../src/delivery/transports/long-poll.ts';
import { eventually } from '../helpers/delivery.ts';
import { uid } from '../helpers/im.ts';
import { useNode } from '../helpers/use.ts';

/** What a long-poll that waits is woken by. */

const { im, node } = useNode();
beforeEach(() => im.people('alice', 'bob'));

/** Longer than a test may take: who is answered was woken. */
const BLOCK_MS = 10 * 60_000;

/** A long-poll of bob's inbox that has looked once, and waits. */
async function waiting(signal = new AbortController().signal) {
  const source: Source<MessageItem> = node.inboxOf(uid('bob'));
  const start = await positionOf(source, 'now');
  const page = source.page.bind(source);
  let looks = 0;
  source.page = async (...args) => {
    const read = await page(...args);
    looks++;
    return read;
  };
  const answer = poll(node.hub, source, start, { count: 10, blockMs: BLOCK_MS, signal, check: async () => {} });
  await eventually(() => looks === 1, 'a first look');
  return { answer, start };
}

test('a long-poll that waits ends with a message, with its client, and with the node', {
  timeout: 10_000,
}, async () => {
  const { answer } = await waiting();
  await im.say('alice', 'user:bob', 'hi');
  assert.deepEqual(
    (await answer).items.map(({ message }) => message.fields.text),
    ['hi'],
  );
  const client = new AbortController();
  const { answer: left } = await waiting(client.signal);
  client.abort();
  assert.deepEqual((await left).items, []);
  const { answer: drained, start } = await waiting();
  node.hub.drain();
  assert.deepEqual(await drained.then(({ items, next }) => [items, next]), [[], start]);
  assert.equal(node.counted.waiting, 0);
});

test('a long-poll of a user who is removed is answered at once', { timeout: 10_000 }, async () => {
  const { answer } = await waiting();
  await Promise.all([assert.rejects(answer, { code: 'user_not_found' }), im.users.remove(uid('bob'))]);
  assert.equal(node.counted.waiting, 0);
});
