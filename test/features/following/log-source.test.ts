import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Cursor } from '../../../src/domain/stream-ids.ts';
import { LogSource } from '../../../src/features/following/log-source.ts';
import { eventually, TestSink } from '../../helpers/delivery.ts';
import { conversation, uid } from '../../helpers/im.ts';
import { useNode } from '../../helpers/use.ts';

/** A conversation's log as a source: the order of its cursors, and what of the feed is an entry of it. */

const { im, node } = useNode();
beforeEach(async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
});

const TEAM = conversation('group:team');
const cursor = (text: string) => text as Cursor;

/** A live stream of bob's, and how often it has read since. */
async function followed() {
  const sink = new TestSink();
  const subscriber = await node.follow(uid('bob'), TEAM, sink);
  await eventually(() => subscriber.state === 'live', 'live');
  const counted = { reads: 0 };
  const page = im.logReader.page.bind(im.logReader);
  im.logReader.page = (...args) => {
    counted.reads++;
    return page(...args);
  };
  return { sink, subscriber, counted };
}

test('the successor is the next number of the same epoch and incarnation, and nothing else', () => {
  const source = new LogSource(im.logReader, uid('bob'), TEAM);
  const follows = (id: string, of: string) => source.isSuccessor(cursor(id), cursor(of));
  assert.deepEqual([follows('1~2~9-8', '1~2~5-7'), follows('1~2~5-8', '1~2~5-7')], [true, true]);
  assert.deepEqual([follows('1~2~9-9', '1~2~5-7'), follows('1~2~5-7', '1~2~5-7')], [false, false]);
  assert.deepEqual([follows('2~2~9-8', '1~2~5-7'), follows('1~3~9-8', '1~2~5-7')], [false, false]);
  assert.deepEqual([follows('1~2~9-1', '1~2~0-0'), follows('1~2~x', '1~2~5-7')], [false, false]);
  assert.equal(follows('1~2~9-1', '1~2~1-0'), true, 'the first entry of a log that was empty');
});

test('positions are ordered by epoch, incarnation and number; what is none is before all', () => {
  const source = new LogSource(im.logReader, uid('bob'), TEAM);
  const isAfter = (id: string, of: string) => source.isAfter(cursor(id), cursor(of));
  assert.deepEqual([isAfter('1~1~5-10', '1~1~5-9'), isAfter('1~1~4-10', '1~1~5-9')], [true, true]);
  assert.deepEqual([isAfter('10~1~5-1', '9~1~5-9'), isAfter('1~10~5-1', '1~9~5-9')], [true, true]);
  assert.deepEqual([isAfter('1~1~5-9', '1~1~5-9'), isAfter('1~1~5-9', '1~1~5-10')], [false, false]);
  assert.deepEqual([isAfter('x', '1~1~5-9'), isAfter('1~1~5-9', 'x')], [false, true]);
});

test('a large message is told live, too, where nobody follows an inbox', async () => {
  const { sink, counted } = await followed();
  const large = 'x'.repeat(20_000);
  await im.say('alice', 'group:team', large);
  await sink.messages(1);
  assert.deepEqual([sink.texts, counted.reads], [[large], 0]);
});

test('what is in no log is not taken for an entry of it', async () => {
  const { sink, counted } = await followed();
  const { id } = await im.say('bob', 'group:team', 'one');
  await im.reactions.add(uid('alice'), TEAM, id, '👍');
  const [ms, seq] = id.split('-');
  // As an older node, or a hand, could have written it: the number that comes next, but none of the log.
  const epoch = await im.redis.hget(im.keys.meta(), 'epoch');
  const lie = ['log', 'gs:team', 'mid', `${ms}-0`, 'to', 'bob 999', 'uid', 'alice', 'n', '0', 'action', 'react'];
  await im.redis.xadd(im.keys.feed(), `${epoch}-*`, ...lie);
  await im.say('alice', 'group:team', 'two');
  await sink.messages(2);
  assert.deepEqual([sink.texts, counted.reads, Number(seq) > 0], [['one', 'two'], 0, true]);
});
