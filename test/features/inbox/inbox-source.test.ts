import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { positionOf } from '../../../src/delivery/source.ts';
import type { Cursor } from '../../../src/domain/stream-ids.ts';
import { InboxSource } from '../../../src/features/inbox/inbox-source.ts';
import { startIm, uid } from '../../helpers/im.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';

/** An inbox, as delivery follows it. */

let server: TestRedis;
let im: Awaited<ReturnType<typeof startIm>>;
let source: InboxSource;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());
afterEach(() => im.close());
beforeEach(async () => {
  im = await startIm(server);
  await im.people('alice', 'bob');
  source = new InboxSource(im.inbox, uid('bob'));
});

const LIMITS = { count: 100, maxBytes: 1_000_000 };
const cursor = (text: string) => text as Cursor;

test('a start is the oldest entry, the newest position, or a cursor as it is', async () => {
  const { ms } = (await im.inbox.page(uid('bob'), 'now', LIMITS)).from;
  await im.say('alice', 'user:bob', 'one');
  assert.equal(await positionOf(source, 'oldest'), '0-0');
  assert.equal(await positionOf(source, 'now'), `${ms + 1n}-0`);
  assert.equal(await positionOf(source, cursor('7-3')), '7-3');
  const page = await source.page('oldest', LIMITS);
  assert.equal(page.next, `${ms + 1n}-0`);
  assert.deepEqual(await im.inbox.verify([source]), [{ newest: page.next }]);
});

test('who is removed may not read any more, and a new user of the name is not read as the former one', async () => {
  const start = await positionOf(source, 'now');
  await source.page(start, LIMITS);
  await im.users.remove(uid('bob'));
  const ended = async () => {
    assert.deepEqual(await im.inbox.verify([source]), [{ ended: 'user_removed' }]);
    const error = await source.page(start, LIMITS).then(
      () => undefined,
      (error: unknown) => error,
    );
    return [(error as { code?: string })?.code, source.endedBy(error)];
  };
  assert.deepEqual(await ended(), ['user_not_found', 'user_removed']);
  await im.people('bob');
  await im.say('alice', 'user:bob', 'to the new one');
  assert.deepEqual(await ended(), ['user_not_found', 'user_removed']);
  const opened = new InboxSource(im.inbox, uid('bob'));
  assert.equal((await opened.page('oldest', LIMITS)).items.length, 1, 'who opens it now reads it');
});

test('what Redis could not answer ends no stream', () => {
  assert.equal(source.endedBy(new Error('Connection is closed.')), undefined);
});

test('the successor is the next number of the epoch, and nothing else', () => {
  const follows = (id: string, of: string) => source.isSuccessor(cursor(id), cursor(of));
  assert.deepEqual([follows('5-8', '5-7'), follows('5-9', '5-7'), follows('5-7', '5-7')], [true, false, false]);
  assert.deepEqual([follows('6-0', '5-7'), follows('6-8', '5-7'), follows('5-x', '5-7')], [false, false, false]);
  assert.equal(follows('6-0', '5-18446744073709551615'), true, 'the first of an epoch follows the position before it');
});

test('positions are ordered as numbers, and what is none is before all', () => {
  const isAfter = (id: string, of: string) => source.isAfter(cursor(id), cursor(of));
  assert.deepEqual([isAfter('5-10', '5-9'), isAfter('10-0', '9-5'), isAfter('5-9', '5-9')], [true, true, false]);
  assert.deepEqual([isAfter('5-9', '5-10'), isAfter('5-x', '5-9'), isAfter('5-9', '5-x')], [false, false, true]);
});
