import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { PageLimits, Source, SourceKind, Start, StreamPage } from '../../src/delivery/source.ts';
import { type LogName, withUser } from '../../src/domain/conversations.ts';
import { parseEntry, toMessage } from '../../src/domain/entries.ts';
import { DEFAULT_SPACE } from '../../src/domain/spaces.ts';
import type { Cursor } from '../../src/domain/stream-ids.ts';
import { compareStreamIds, type MessageId, parseStreamId } from '../../src/domain/stream-ids.ts';
import { eventually, startNode, type TestNode, TestSink } from '../helpers/delivery.ts';
import { gid, startIm, uid, user } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** Delivery follows whatever is a source: here beside an inbox the log of a group, of which the feed says nothing. */

let server: TestRedis;
let im: Awaited<ReturnType<typeof startIm>>;
let node: TestNode;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());
beforeEach(async () => {
  im = await startIm(server);
  node = await startNode(server, im, { heartbeatMs: 200 });
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
});
afterEach(async () => {
  await node.stop();
  im.close();
});

class NoMember extends Error {}

/** A group's log as a member follows it. Its cursors look like no inbox's, and its ids follow one another by their numbers alone. */
class LogSource implements Source {
  static readonly kind: SourceKind = {
    verify: (sources) => Promise.all(sources.map(async (one) => ({ newest: await one.resolve('now') }))),
  };
  readonly kind = LogSource.kind;
  readonly space = DEFAULT_SPACE;
  readonly key = im.keys.log('gs:team' as LogName);
  readonly reader = uid('bob');

  async resolve(start: Start): Promise<Cursor> {
    if (start !== 'now') return start === 'oldest' ? cursorOf('0-0') : (start as Cursor);
    const [newest] = await im.redis.xrevrange(this.key, '+', '-', 'COUNT', 1);
    return cursorOf(newest?.[0] ?? '0-0');
  }

  async page(after: Cursor, { count }: PageLimits): Promise<StreamPage> {
    if (!(await im.redis.sismember(im.keys.members(gid('team')), this.reader))) throw new NoMember();
    const entries = await im.redis.xrange(this.key, `(${idOf(after)}`, '+', 'COUNT', count);
    const items = entries.map(([id, flat]) => {
      const message = toMessage(withUser(this.reader), id as MessageId, parseEntry([id, flat]));
      return { cursor: cursorOf(id), message, json: JSON.stringify(message) };
    });
    const next = items.at(-1)?.cursor ?? after;
    return { items, next, upToDate: entries.length < count, beyond: false, epoch: '1' };
  }

  endedBy(error: unknown) {
    return error instanceof NoMember ? 'user_removed' : undefined;
  }

  isSuccessor(id: Cursor, cursor: Cursor): boolean {
    return parseStreamId(idOf(id))?.seq === parseStreamId(idOf(cursor))!.seq + 1n;
  }

  isAfter(id: Cursor, cursor: Cursor): boolean {
    const [one, other] = [parseStreamId(idOf(id)), parseStreamId(idOf(cursor))];
    return one !== undefined && (other === undefined || compareStreamIds(one, other) > 0);
  }
}

const cursorOf = (id: string) => `log~${id}` as Cursor;
const idOf = (cursor: Cursor) => cursor.slice(cursor.indexOf('~') + 1 || cursor.length);

test('two kinds of streams are followed side by side, each by its own rules', async () => {
  const [inbox, log] = [new TestSink(), new TestSink()];
  await node.subscribe(uid('bob'), inbox);
  const source = new LogSource();
  const subscriber = node.hub.subscribe(source, await source.resolve('now'), log, Infinity);
  await eventually(() => subscriber.state === 'live', 'a live subscriber');
  assert.equal(node.hub.admits(DEFAULT_SPACE, uid('bob')), true);
  const texts = ['one', 'two', 'three'];
  for (const text of texts) await im.say('alice', 'group:team', text);
  // The feed tells the one; the other is found by comparison.
  for (const sink of [inbox, log]) await sink.messages(3);
  assert.deepEqual([inbox.texts, log.texts], [texts, texts]);
  for (const sink of [inbox, log]) await sink.until((all) => all.at(-1)?.event === 'heartbeat', 'a heartbeat');
  assert.equal(log.received.at(-1)?.cursor, subscriber.cursor);
  assert.match(subscriber.cursor, /^log~/);
  assert.deepEqual([inbox.gaps, log.gaps, node.counted.epochMoves], [[], [], 0]);
});

test('a stream ends when its source refuses its reader, and says why; the others go on', async () => {
  const [inbox, log] = [new TestSink(), new TestSink()];
  await node.subscribe(uid('bob'), inbox);
  const source = new LogSource();
  node.hub.subscribe(source, await source.resolve('now'), log, Infinity);
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await log.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([log.received.at(-1)?.data.reason, log.ended], ['user_removed', true]);
  assert.ok(!log.received.some(({ event }) => event === 'message'), 'nothing was read after that');
  await im.say('alice', 'user:bob', 'still there');
  await inbox.until((all) => all.some(({ data }) => data.fields?.text === 'still there'), 'the message');
});
