import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { eventually, TestSink } from '../helpers/delivery.ts';
import { conversation, gid, uid, user } from '../helpers/im.ts';
import { useNode } from '../helpers/use.ts';

/** Delivery follows whatever is a source: inboxes and conversations' logs, side by side, each by its own rules. */

const { im, node } = useNode({ heartbeatMs: 200 });
beforeEach(async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
});

const followBoth = async () => {
  const [inbox, log] = [new TestSink(), new TestSink()];
  await node.subscribe(uid('bob'), inbox);
  const subscriber = await node.follow(uid('bob'), conversation('group:team'), log);
  await eventually(() => subscriber.state === 'live', 'a live subscriber');
  return { inbox, log, subscriber };
};

test('two kinds of streams are followed side by side, each by its own rules', async () => {
  const { inbox, log, subscriber } = await followBoth();
  const texts = ['one', 'two', 'three'];
  for (const text of texts) await im.say('alice', 'group:team', text);
  for (const sink of [inbox, log]) await sink.messages(3);
  assert.deepEqual([inbox.texts, log.texts], [texts, texts]);
  for (const sink of [inbox, log]) await sink.until((all) => all.at(-1)?.event === 'heartbeat', 'a heartbeat');
  assert.equal(log.received.at(-1)?.cursor, subscriber.cursor);
  assert.match(subscriber.cursor, /^\d+~\d+~\d+-\d+$/);
  assert.deepEqual([inbox.gaps, log.gaps, node.counted.epochMoves], [[], [], 0]);
});

test('a stream ends when its source refuses its reader, and says why; the others go on', async () => {
  const { inbox, log } = await followBoth();
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await log.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([log.received.at(-1)?.data.reason, log.ended], ['not_member', true]);
  assert.ok(!log.received.some(({ event }) => event === 'message'), 'nothing was read after that');
  await im.say('alice', 'user:bob', 'still there');
  await inbox.until((all) => all.some(({ data }) => data.fields?.text === 'still there'), 'the message');
});
