import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { positionOf, type Start } from '../../../src/delivery/source.ts';
import type { Cursor, MessageId } from '../../../src/domain/stream-ids.ts';
import { LogSource } from '../../../src/features/following/log-source.ts';
import { moveEpoch } from '../../../src/redis/meta/commands.ts';
import { eventually, TestSink } from '../../helpers/delivery.ts';
import { conversation, gid, uid, user } from '../../helpers/im.ts';
import { useNode } from '../../helpers/use.ts';

/** A conversation's log as it is followed: from any cursor, with every loss told, by those alone who may read it. */

const { im, node, anotherNode } = useNode();
beforeEach(async () => {
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob');
});

const TEAM = 'group:team';
const LIMITS = { count: 100, maxBytes: 1_000_000 };
const sourceOf = (name: string, of = TEAM) => new LogSource(im.logReader, uid(name), conversation(of));
const follow = async (name: string, of = TEAM, start: Start = 'now', on = node) => {
  const sink = new TestSink();
  const subscriber = await on.follow(uid(name), conversation(of), sink, start);
  return { sink, subscriber };
};
const live = async (...args: Parameters<typeof follow>) => {
  const followed = await follow(...args);
  await eventually(() => followed.subscriber.state === 'live', 'a live subscriber');
  return followed;
};
const say = async (count: number, from = 0) => {
  const sent: MessageId[] = [];
  for (let i = from; i < from + count; i++) sent.push((await im.say('alice', TEAM, `${i}`)).id);
  return sent;
};
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`);
const erase = (id: MessageId) => im.editing.erase(uid('alice'), conversation(TEAM), id);
const edit = (id: MessageId, text: string) => im.editing.edit(uid('alice'), conversation(TEAM), id, { text });
const logKey = () => im.keys.log('gs:team' as never);
const byeOf = async ({ sink }: { sink: TestSink }) => {
  await sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  return sink.received.at(-1)!.data.reason;
};
/** All from a position, page by page. */
const read = async (source: LogSource, start: Start, count = 100) => {
  const found: { cursor: Cursor; text: string }[] = [];
  const gaps = [];
  let at = await positionOf(source, start);
  for (;;) {
    const page = await source.page(at, { ...LIMITS, count });
    if (page.gap) gaps.push(page.gap);
    found.push(
      ...page.items.map(({ cursor, message }) => ({ cursor, text: message.fields.text ?? `${message.action}` })),
    );
    at = page.next;
    if (page.upToDate) return { found, gaps, at, texts: found.map(({ text }) => text) };
  }
};

test('entries come as they were written, and from every cursor what follows it', async () => {
  const [first, second] = await say(3);
  await edit(first!, 'edited');
  await erase(second!);
  await im.say('bob', TEAM, 'last');
  const { found, gaps, texts, at } = await read(sourceOf('bob'), 'oldest');
  assert.deepEqual(texts, ['create', 'join', '0', 'gone', '2', 'edited', 'erase', 'last']);
  assert.deepEqual(gaps, []);
  assert.equal(at, await positionOf(sourceOf('bob'), 'now'));
  for (const count of [1, 2, 3, 100]) {
    for (const [i, { cursor }] of found.entries()) {
      const rest = await read(sourceOf('bob'), cursor, count);
      assert.deepEqual([rest.texts, rest.gaps], [texts.slice(i + 1), []], `after ${cursor}, ${count} at a time`);
    }
  }
});

test('a message id is a start, too; and any moment is one before what comes next', async () => {
  const [first, second] = await say(2);
  assert.deepEqual((await read(sourceOf('bob'), first as never)).texts, ['1']);
  await erase(second!);
  assert.deepEqual((await read(sourceOf('bob'), second as never)).texts, ['erase']);
  assert.deepEqual((await read(sourceOf('bob'), '1-1' as never)).gaps, []);
  assert.equal((await read(sourceOf('bob'), '1-1' as never)).texts.length, 5);
  const far = `${'9'.repeat(15)}-7`;
  assert.deepEqual([(await read(sourceOf('bob'), far as never)).texts], [[]]);
  const last = '18446744073709551615-18446744073709551615';
  assert.deepEqual((await read(sourceOf('bob'), last as never)).texts, []);
  assert.equal((await read(sourceOf('bob'), `1~1~${last}` as never)).gaps[0]?.reason, 'reset');
});

test('edits that went with their message are told as gone, and are no gap', async () => {
  const [first, second] = await say(2);
  await edit(first!, 'a');
  await edit(second!, 'b');
  await edit(first!, 'c');
  await erase(first!);
  const { texts, gaps, found } = await read(sourceOf('bob'), 'oldest');
  assert.deepEqual([texts, gaps], [['create', 'join', 'gone', '1', 'gone', 'b', 'gone', 'erase'], []]);
  for (const [i, { cursor }] of found.entries()) {
    assert.deepEqual((await read(sourceOf('bob'), cursor, 2)).texts, texts.slice(i + 1));
  }
});

test('a live subscriber is told by the feed, without reading; edits and erasures, too', async () => {
  const { sink } = await live('bob');
  let reads = 0;
  const page = im.logReader.page.bind(im.logReader);
  im.logReader.page = (...args) => {
    reads++;
    return page(...args);
  };
  const [first] = await say(20);
  await edit(first!, 'edited');
  await erase(first!);
  await sink.messages(22);
  assert.deepEqual(sink.texts, [...numbers(20), 'edited', 'erase']);
  assert.equal(reads, 0);
  assert.deepEqual(new Set(sink.received.slice(1).map(({ data }) => data.conversation)), new Set([TEAM]));
});

test('everything from any cursor, over pages and into live, while messages go on, on two nodes', async () => {
  const sent = await say(250);
  const other = await anotherNode();
  const sending = say(100, 250);
  const [all, half] = await Promise.all([
    follow('bob', TEAM, 'oldest'),
    follow('alice', TEAM, sent[99] as never, other),
  ]);
  await sending;
  await Promise.all([all.sink.messages(352), half.sink.messages(250)]);
  assert.deepEqual(all.sink.texts.slice(2), numbers(350));
  assert.deepEqual(half.sink.texts, numbers(250, 100));
  assert.deepEqual([...all.sink.gaps, ...half.sink.gaps], []);
});

test('a direct chat is followed by both, each with the name that it has for them; large messages come whole', async () => {
  const [alice, bob] = await Promise.all([live('alice', 'user:bob'), live('bob', 'user:alice')]);
  const large = 'x'.repeat(50_000);
  await im.say('alice', 'user:bob', large);
  await im.say('bob', 'user:alice', 'ok');
  await im.say('bob', 'user:carol', 'elsewhere');
  for (const { sink } of [alice, bob]) await sink.messages(2);
  assert.deepEqual(
    [alice.sink.texts, bob.sink.texts],
    [
      [large, 'ok'],
      [large, 'ok'],
    ],
  );
  assert.deepEqual(
    [alice.sink.received[1]?.data.conversation, bob.sink.received[1]?.data.conversation],
    ['user:bob', 'user:alice'],
  );
});

test('what was trimmed is a gap that says how much; what is left is told', async () => {
  const sent = await say(20);
  const start = await positionOf(sourceOf('bob'), sent[3] as never);
  await im.redis.xtrim(logKey(), 'MINID', sent[10]!);
  const { texts, gaps } = await read(sourceOf('bob'), start);
  assert.deepEqual(texts, numbers(10, 10));
  const [{ reason, lost, requested, backfill }] = gaps as [NonNullable<(typeof gaps)[number]>];
  assert.deepEqual(
    { reason, lost, requested, backfill },
    {
      reason: 'trimmed',
      lost: 6,
      requested: start,
      backfill: '/v1/users/bob/conversations/group:team/messages',
    },
  );
  assert.equal(gaps.length, 1);
  assert.deepEqual((await read(sourceOf('bob'), gaps[0]!.resumed)).texts, numbers(10, 10));
  assert.deepEqual((await read(sourceOf('bob'), 'oldest')).gaps, [], 'the oldest has nothing in front of it to lose');
});

test('a hole in the middle that nothing explains is a gap in its place', async () => {
  const sent = await say(6);
  await im.redis.xdel(logKey(), sent[2]!, sent[3]!);
  const { texts, gaps } = await read(sourceOf('bob'), sent[0] as never);
  assert.deepEqual(
    [texts, gaps.map(({ reason, lost }) => ({ reason, lost }))],
    [['1', '4', '5'], [{ reason: 'trimmed', lost: 2 }]],
  );
});

test('a cursor of another epoch is told a reset, and goes on where its entry still is', async () => {
  const sent = await say(3);
  const { sink } = await live('bob');
  const at = await positionOf(sourceOf('bob'), sent[0] as never);
  await im.store.run(moveEpoch, (await im.redis.hget(im.keys.meta(), 'epoch'))!);
  const { texts, gaps } = await read(sourceOf('bob'), at);
  assert.deepEqual([texts, gaps.map(({ reason }) => reason)], [['1', '2'], ['reset']]);
  await im.say('alice', TEAM, 'in the new epoch');
  await sink.messages(1);
  assert.deepEqual([sink.texts, sink.gaps.map(({ reason }) => reason)], [['in the new epoch'], ['reset']]);
});

test('data that was lost while nobody noticed moves the epoch, and is told', async () => {
  const { sink, subscriber } = await live('bob');
  const sent = await say(3);
  await sink.messages(3);
  await im.redis.xdel(logKey(), ...sent.slice(1));
  node.missed();
  await sink.until(() => sink.gaps.length > 0, 'a gap');
  assert.equal(sink.gaps[0]!.reason, 'reset');
  await eventually(() => node.counted.epochMoves === 1, 'the epoch to move');
  await eventually(() => subscriber.state === 'live', 'live again');
  await im.say('alice', TEAM, 'after');
  await sink.until(() => sink.texts.includes('after'), 'what comes after');
});

test('numbers that were given out anew are not taken for the entries of before', async () => {
  const sent = await say(4);
  const start = await positionOf(sourceOf('bob'), sent[1] as never);
  await im.redis.xdel(logKey(), ...sent.slice(1));
  await im.say('alice', TEAM, 'other');
  const { texts, gaps } = await read(sourceOf('bob'), start);
  assert.deepEqual([texts, gaps.map(({ reason }) => reason)], [['other'], ['reset']]);
});

test('a group that was removed ends its streams; made anew it is another one', async () => {
  await say(2);
  const at = await positionOf(sourceOf('bob'), 'now');
  const followed = await live('bob');
  const opened = sourceOf('bob');
  await positionOf(opened, 'now');
  await im.groups.remove(user('alice'), gid('team'));
  assert.equal(await byeOf(followed), 'group_removed');
  await im.team('team', 'alice', 'bob');
  await say(6);
  const error = await opened.page(at, LIMITS).catch((e: unknown) => e);
  assert.equal(opened.endedBy(error), 'group_removed', 'who began before follows the former one');
  assert.deepEqual(await im.logReader.verify([opened]), [{ ended: 'group_removed' }]);
  const { gaps, texts, at: end } = await read(sourceOf('bob'), at);
  assert.deepEqual([gaps.map(({ reason }) => reason), texts], [['reset'], []]);
  assert.equal(end, await positionOf(sourceOf('bob'), 'now'));
});

test('a removal, or a quit, of which nobody tells is found by the next heartbeat', async () => {
  const quick = await anotherNode({ heartbeatMs: 200 });
  const [bob, alice] = await Promise.all([follow('bob', TEAM, 'now', quick), follow('alice', TEAM, 'now', quick)]);
  await alice.sink.until((all) => all.at(-1)?.event === 'heartbeat', 'a heartbeat');
  assert.equal(alice.sink.received.at(-1)?.cursor, alice.subscriber.cursor);
  await im.redis.srem(im.keys.members(gid('team')), 'bob');
  assert.equal(await byeOf(bob), 'not_member');
  await im.redis.del(im.keys.group(gid('team')));
  assert.equal(await byeOf(alice), 'group_removed');
});

test('a heartbeat finds an entry that the feed did not tell', async () => {
  const quick = await anotherNode({ heartbeatMs: 200 });
  const { sink, subscriber } = await follow('bob', TEAM, 'now', quick);
  await eventually(() => subscriber.state === 'live', 'live');
  const newest = (await im.redis.xrevrange(logKey(), '+', '-', 'COUNT', 1))[0]![0];
  const [ms, seq] = newest.split('-');
  await im.redis.xadd(logKey(), `${ms}-${Number(seq) + 1}`, 'uid', 'alice', 'n', '1', 'text', 'by hand');
  await sink.messages(1);
  assert.deepEqual(sink.texts, ['by hand']);
});

test('who quits or is banned is told nothing more, at once; the others are told', async () => {
  await im.members.join(user('carol'), gid('team'), uid('carol'));
  const [alice, bob, carol] = await Promise.all([live('alice'), live('bob'), live('carol')]);
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await im.bans.ban(user('alice'), gid('team'), uid('carol'));
  await im.say('alice', TEAM, 'secret');
  assert.deepEqual([await byeOf(bob), await byeOf(carol)], ['not_member', 'not_member']);
  await alice.sink.messages(3);
  assert.deepEqual(alice.sink.texts, ['quit', 'ban', 'secret']);
  for (const { sink } of [bob, carol]) assert.ok(!sink.texts.includes('secret'));
});

test('nobody reads below the floor: what was before a join, or was hidden', async () => {
  await im.groups.patch(user('alice'), gid('team'), { historyPolicy: 'joined' });
  const [first] = await say(2);
  await im.members.join(user('carol'), gid('team'), uid('carol'));
  await im.say('alice', TEAM, 'for carol, too');
  for (const start of ['oldest', first]) {
    const { texts, gaps } = await read(sourceOf('carol'), start as Start);
    assert.deepEqual([texts, gaps], [['join', 'for carol, too'], []]);
  }
  await im.conversations.hide(uid('carol'), conversation(TEAM));
  assert.deepEqual((await read(sourceOf('carol'), 'oldest')).texts, []);
  await im.say('alice', TEAM, 'after');
  assert.deepEqual((await read(sourceOf('carol'), 'oldest')).texts, ['after']);
});

test('who is no member, no user, or asks for what there is not, is refused', async () => {
  const refused = (name: string, of: string) =>
    assert.rejects(positionOf(sourceOf(name, of), 'now'), (error) => {
      codes.push((error as { code: string }).code);
      return true;
    });
  const codes: string[] = [];
  await refused('carol', TEAM);
  await refused('bob', 'group:none');
  await refused('nobody', TEAM);
  await refused('bob', 'user:nobody');
  assert.deepEqual(codes, ['not_member', 'group_not_found', 'user_not_found', 'user_not_found']);
});

test('a slow reader waits in the log, and misses nothing', async () => {
  const { sink, subscriber } = await live('bob');
  sink.full = true;
  await say(1);
  await sink.messages(1);
  assert.equal(subscriber.state, 'behind');
  await say(30, 1);
  assert.equal(sink.texts.length, 1);
  sink.drain();
  await sink.messages(31);
  assert.deepEqual(sink.texts, numbers(31));
});

test('signals come for this conversation alone', async () => {
  const { sink } = await live('bob');
  await im.typing.tell(uid('alice'), conversation('user:bob'));
  await im.typing.tell(uid('alice'), conversation(TEAM));
  await eventually(() => sink.signals.some(({ event }) => event === 'typing'), 'a signal');
  const typing = sink.signals.filter(({ event }) => event === 'typing');
  assert.deepEqual(
    typing.map(({ data }) => data.conversation),
    [TEAM],
  );
});

test('what was never told, or is told in no log, is not taken for an entry of it', async () => {
  const { sink } = await live('alice');
  const [first] = await say(1);
  await im.reactions.add(uid('bob'), conversation(TEAM), first!, '👍');
  await im.say('alice', TEAM, 'next');
  await sink.messages(2);
  assert.deepEqual(sink.texts, ['0', 'next']);
  assert.deepEqual(sink.gaps, []);
});
