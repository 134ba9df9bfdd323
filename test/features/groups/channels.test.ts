import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionOf } from '../../../src/delivery/source.ts';
import type { MessageId } from '../../../src/domain/stream-ids.ts';
import { LogSource } from '../../../src/features/following/log-source.ts';
import { eventually, startNode, TestSink } from '../../helpers/delivery.ts';
import { commandCounts, conversation, gid, server, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Channels: groups of any size, which their log alone delivers. */

const { server: redis, im } = useIm();

const NEWS = conversation('group:news');
const channel = async (...members: string[]) => {
  await im.people('alice', 'bob', 'carol');
  await im.groups.put(user('alice'), gid('news'), { fields: {}, kind: 'channel' });
  for (const one of members) await im.members.join(user(one), gid('news'), uid(one));
};
const inboxOf = async (name: string) =>
  (await im.all(name)).items.map(({ message }) => message.fields.text ?? message.action);
const refused = async (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );
const history = async (name: string) =>
  (await im.history.page(uid(name), NEWS, { limit: 100 })).items.map(({ fields, action }) => fields.text ?? action);
const logLength = () => im.redis.xlen(im.keys.log('gs:news' as never));
/** Members that are put there at once. Of each, as `join` would leave it, the mark and the contact. */
async function crowd(count: number, from = 0) {
  const newest = (await im.redis.xrevrange(im.keys.log('gs:news' as never), '+', '-', 'COUNT', 1))[0]![0];
  for (let first = from; first < from + count; first += 5_000) {
    const names = Array.from({ length: Math.min(5_000, from + count - first) }, (_, i) => `m${first + i}`);
    const pipeline = im.redis.pipeline();
    pipeline.sadd(im.keys.members(gid('news')), ...names);
    for (const name of names) {
      pipeline.hset(im.keys.user(uid(name)), 'createdAt', '1');
      pipeline.hset(im.keys.read(uid(name)), 'gs:news', `0 ${newest}`);
      pipeline.zadd(im.keys.contacts(uid(name)), 1, 'group:news');
    }
    await pipeline.exec();
  }
}
/** What commands a piece of work makes Redis run, beside those of scripts themselves. */
async function commandsOf(work: () => Promise<unknown>) {
  const before = await commandCounts(im.redis);
  await work();
  const after = await commandCounts(im.redis);
  const counts: Record<string, number> = {};
  for (const [name, count] of Object.entries(after)) {
    const more = count - (before[name] ?? 0);
    if (more > 0 && name !== 'info') counts[name] = more;
  }
  return counts;
}

test('a group is a channel from its creation, or from its owner on, and stays one', async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  assert.equal((await im.groups.get(gid('team'))).kind, 'group');
  await im.say('alice', 'group:team', 'before');
  assert.equal(await refused(im.groups.patch(user('bob'), gid('team'), { kind: 'channel' })), 'not_owner');
  assert.equal((await im.groups.patch(user('alice'), gid('team'), { kind: 'channel' })).kind, 'channel');
  assert.equal((await im.groups.get(gid('team'))).kind, 'channel');
  assert.equal(await refused(im.groups.patch(user('alice'), gid('team'), { kind: 'group' })), 'channel_stays');
  assert.equal(
    await refused(im.groups.put(user('alice'), gid('team'), { fields: {}, kind: 'group' })),
    'channel_stays',
  );
  assert.equal(await refused(im.groups.put(user('alice'), gid('team'), { fields: { kind: 'x' } })), 'reserved_field');
  assert.equal((await im.groups.put(user('alice'), gid('team'), { fields: { title: 'x' } })).group.kind, 'channel');
  await im.say('alice', 'group:team', 'after');
  // All were told that it is one, and no more after that.
  assert.deepEqual(await inboxOf('bob'), ['join', 'before', 'update']);
  const { items } = await im.history.page(uid('bob'), conversation('group:team'), { limit: 100 });
  assert.deepEqual(
    items.map(({ fields, action }) => fields.text ?? action),
    ['create', 'join', 'before', 'update', 'update', 'after'],
  );
});

test('what was told before of who has read what goes when a group becomes a channel', async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'x');
  await im.conversations.markRead(uid('bob'), conversation('group:team'), id);
  assert.equal(await im.redis.exists(im.keys.receipts('gs:team' as never)), 1);
  await im.groups.patch(user('alice'), gid('team'), { kind: 'channel' });
  assert.equal(await im.redis.exists(im.keys.receipts('gs:team' as never)), 0);
});

test('a message is in the log alone; it stands unread in the conversations of members', async () => {
  await channel('bob', 'carol');
  await im.say('alice', 'group:news', 'one');
  await im.say('alice', 'group:news', 'two');
  assert.deepEqual([await inboxOf('bob'), await inboxOf('alice')], [['join'], ['create']]);
  assert.deepEqual(await history('bob'), ['create', 'one', 'two']);
  const [summary] = (await im.conversations.list(uid('bob'), { limit: 10 })).items;
  assert.deepEqual([summary!.conversation, summary!.unread, summary!.last?.fields.text], [NEWS, 2, 'two']);
  assert.deepEqual(await im.conversations.unread(uid('bob')), { unread: 2, mentions: 0 });
  await im.conversations.markRead(uid('bob'), NEWS, summary!.last!.id);
  assert.equal((await im.conversations.get(uid('bob'), NEWS)).unread, 0);
  assert.equal((await im.conversations.get(uid('alice'), NEWS)).unread, 0, 'who sends has read');
});

test('who joins or quits is told, and the log is not', async () => {
  await channel('bob');
  const before = await logLength();
  const added = await im.members.add(server, gid('news'), [uid('carol'), uid('bob'), uid('nobody')]);
  assert.deepEqual(
    added.map((one) => ('error' in one ? one.error.code : one.created)),
    [true, false, 'user_not_found'],
  );
  await im.members.quit(user('bob'), gid('news'), uid('bob'));
  await im.bans.ban(user('alice'), gid('news'), uid('carol'));
  assert.equal(await logLength(), before);
  assert.deepEqual(
    [await inboxOf('bob'), await inboxOf('carol')],
    [
      ['join', 'quit'],
      ['join', 'ban'],
    ],
  );
  assert.deepEqual([await inboxOf('alice'), (await im.groups.get(gid('news'))).members], [['create'], 1]);
  assert.equal(await refused(im.conversations.get(uid('bob'), NEWS)), 'conversation_not_found');
  assert.equal(await refused(im.members.join(user('carol'), gid('news'), uid('carol'))), 'banned');
});

test('who joins has read what was before, and sees it as historyPolicy says', async () => {
  await channel();
  await im.say('alice', 'group:news', 'early');
  await im.members.join(user('bob'), gid('news'), uid('bob'));
  await im.groups.patch(user('alice'), gid('news'), { historyPolicy: 'joined' });
  await im.members.join(user('carol'), gid('news'), uid('carol'));
  await im.say('alice', 'group:news', 'late');
  assert.deepEqual([await history('bob'), await history('carol')], [['create', 'early', 'update', 'late'], ['late']]);
  assert.equal((await im.conversations.get(uid('bob'), NEWS)).unread, 1);
  assert.equal((await im.conversations.get(uid('carol'), NEWS)).unread, 1);
});

test('what concerns somebody reaches that inbox: a role, a silence, being handed the channel', async () => {
  await channel('bob', 'carol');
  await im.members.change(user('alice'), gid('news'), uid('bob'), { role: 'admin' });
  await im.members.change(user('alice'), gid('news'), uid('carol'), { silencedUntilMs: Date.now() + 60_000 });
  await im.groups.patch(user('alice'), gid('news'), { owner: uid('bob') });
  await im.groups.patch(user('bob'), gid('news'), { fields: { title: 'x' } });
  assert.deepEqual(await Promise.all(['alice', 'bob', 'carol'].map(inboxOf)), [
    ['create', 'owner'],
    ['join', 'role', 'owner'],
    ['join', 'silence'],
  ]);
  assert.deepEqual(await history('carol'), ['create', 'role', 'silence', 'owner', 'update']);
});

test('a mention reaches the inbox of who is mentioned, with what comes of the message', async () => {
  await channel('bob', 'carol');
  const { message } = await im.messages.send(uid('alice'), NEWS, {
    fields: { text: 'hi' },
    mentions: ['bob', 'alice'],
  });
  assert.deepEqual(
    [await inboxOf('bob'), await inboxOf('carol'), await inboxOf('alice')],
    [['join', 'hi'], ['join'], ['create']],
  );
  assert.equal((await im.conversations.get(uid('bob'), NEWS)).mentions, 1);
  await im.editing.edit(uid('alice'), NEWS, message.id, { text: 'ho' });
  await im.editing.erase(uid('alice'), NEWS, message.id);
  assert.deepEqual(await inboxOf('bob'), ['join', 'gone', 'gone', 'erase']);
  assert.deepEqual([await inboxOf('carol'), (await im.conversations.get(uid('bob'), NEWS)).mentions], [['join'], 0]);
  const outside = im.messages.send(uid('alice'), NEWS, { fields: { text: 'x' }, mentions: ['dave'] });
  assert.equal(await refused(outside), 'mention_outside');
});

test('typing, receipts and mentions of everybody are refused; reading and reacting tell nobody', async () => {
  await channel('bob');
  const { id } = await im.say('alice', 'group:news', 'x');
  const all = im.messages.send(uid('alice'), NEWS, { fields: { text: 'x' }, mentions: ['*'] });
  assert.equal(await refused(all), 'off_in_channels');
  assert.equal(await refused(im.typing.tell(uid('bob'), NEWS)), 'off_in_channels');
  assert.equal(await refused(im.conversations.receipts(uid('bob'), NEWS)), 'off_in_channels');
  const signals = await im.redis.xlen(im.keys.signals());
  await im.reactions.add(uid('bob'), NEWS, id, '👍');
  await im.conversations.markRead(uid('bob'), NEWS, id);
  const [newest] = await im.redis.xrevrange(im.keys.signals(), '+', '-', 'COUNT', 1);
  // One's own devices are told what one has read.
  assert.equal(await im.redis.xlen(im.keys.signals()), signals + 1);
  assert.deepEqual(newest![1].slice(0, 6), ['kind', 'read', 'log', 'gs:news', 'to', 'bob']);
  assert.deepEqual(await inboxOf('alice'), ['create']);
  assert.equal((await im.history.get(uid('bob'), NEWS, id)).reactions?.[0]?.count, 1);
  assert.equal(await im.redis.exists(im.keys.receipts('gs:news' as never)), 0);
});

test('members follow it live, on any node, and are sent away when they leave or it goes', async () => {
  await channel('bob', 'carol');
  const nodes = [await startNode(redis, im), await startNode(redis, im)];
  try {
    const [bob, carol] = [new TestSink(), new TestSink()];
    const open = [await nodes[0]!.follow(uid('bob'), NEWS, bob), await nodes[1]!.follow(uid('carol'), NEWS, carol)];
    await eventually(() => open.every(({ state }) => state === 'live'), 'live');
    let reads = 0;
    const page = im.logReader.page.bind(im.logReader);
    im.logReader.page = (...args) => {
      reads++;
      return page(...args);
    };
    await im.say('alice', 'group:news', 'one');
    await im.say('alice', 'group:news', 'x'.repeat(5_000));
    for (const sink of [bob, carol]) await sink.messages(2);
    assert.equal(reads, 0);
    await im.members.quit(user('bob'), gid('news'), uid('bob'));
    await bob.until((all) => all.at(-1)?.event === 'bye', 'bye');
    await im.say('alice', 'group:news', 'two');
    await carol.messages(3);
    await im.groups.remove(user('alice'), gid('news'));
    await carol.until((all) => all.at(-1)?.event === 'bye', 'bye');
    assert.deepEqual(
      [bob, carol].map((sink) => sink.received.at(-1)?.data.reason),
      ['not_member', 'group_removed'],
    );
    assert.equal(bob.texts.length, 2);
  } finally {
    for (const node of nodes) await node.stop();
  }
});

test('nothing costs more in a channel of 100,000 than in one of ten', async () => {
  await channel('bob');
  await im.people('eve');
  const work = async (): Promise<Record<string, Record<string, number>>> => {
    let id = '' as MessageId;
    return {
      send: await commandsOf(async () => ({ id } = await im.say('alice', 'group:news', 'x'))),
      mention: await commandsOf(() =>
        im.messages.send(uid('alice'), NEWS, { fields: { text: 'x' }, mentions: ['bob'] }),
      ),
      read: await commandsOf(() => im.conversations.markRead(uid('bob'), NEWS, id)),
      edit: await commandsOf(() => im.editing.edit(uid('alice'), NEWS, id, { text: 'y' })),
      react: await commandsOf(() => im.reactions.add(uid('bob'), NEWS, id, '👍')),
      erase: await commandsOf(() => im.editing.erase(uid('alice'), NEWS, id)),
      join: await commandsOf(() => im.members.join(user('eve'), gid('news'), uid('eve'))),
      role: await commandsOf(() => im.members.change(user('alice'), gid('news'), uid('eve'), { role: 'admin' })),
      quit: await commandsOf(() => im.members.quit(user('eve'), gid('news'), uid('eve'))),
      update: await commandsOf(() =>
        im.groups.put(user('alice'), gid('news'), { fields: { title: `${Math.random()}` } }),
      ),
      page: await commandsOf(() => positionOf(new LogSource(im.logReader, uid('bob'), NEWS), 'now')),
    };
  };
  await work();
  await crowd(10);
  const small = await work();
  await crowd(100_000, 10);
  const large = await work();
  assert.deepEqual(large, small);
  assert.equal(small.send!.xadd, 2, 'a send is an entry of the log, and one of the feed');
  for (const counts of Object.values(small)) assert.ok(!counts.smembers && !counts.sscan, JSON.stringify(counts));
});

test('members are listed in pages, all of them, however many; the pages need no sorting of all', async () => {
  await channel('bob');
  await crowd(3_000);
  await im.members.change(user('alice'), gid('news'), uid('bob'), { role: 'admin' });
  for (const limit of [50, 1_000]) {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await im.members.list(user('bob'), gid('news'), { limit, after });
      assert.ok(page.items.length <= limit);
      seen.push(...page.items.map((member) => `${member.uid} ${member.role}`));
      after = page.next;
    } while (after !== undefined);
    assert.equal(new Set(seen).size, 3_002);
    assert.ok(seen.includes('bob admin') && seen.includes('alice owner'));
  }
  const counts = await commandsOf(() => im.members.list(server, gid('news'), { limit: 100 }));
  assert.ok(!counts.smembers && counts.sscan! <= 3, JSON.stringify(counts));
  assert.equal(await refused(im.members.list(server, gid('news'), { limit: 10, after: 'bob' })), 'invalid_cursor');
  assert.equal(await refused(im.members.list(user('carol'), gid('news'), { limit: 10 })), 'not_member');
});

test('a small channel is listed in pages, too', async () => {
  await channel('bob', 'carol');
  // Where some names share a bucket a step brings more than was asked for.
  await crowd(200);
  for (const limit of [1, 2]) {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await im.members.list(server, gid('news'), { limit, after });
      assert.ok(page.items.length <= limit);
      seen.push(...page.items.map((one) => one.uid));
      assert.ok(seen.length < 1_000);
      after = page.next;
    } while (after !== undefined);
    assert.equal(new Set(seen).size, 203);
  }
});

test('a removed channel is gone at once, and freed in pieces, each of them small; who has stopped in between is gone on for', async () => {
  await channel('bob', 'carol');
  await im.people('dave', 'eve');
  await im.groups.patch(user('alice'), gid('news'), { joinPolicy: 'approval' });
  await im.members.join(user('dave'), gid('news'), uid('dave'));
  await im.bans.ban(user('alice'), gid('news'), uid('eve'));
  await im.members.change(user('alice'), gid('news'), uid('bob'), { role: 'admin' });
  await im.messages.send(uid('alice'), NEWS, { fields: { text: 'x' }, mentions: ['bob'] });
  await crowd(1_000);
  const run = im.store.run.bind(im.store);
  let calls = 0;
  im.store.run = ((command: never, input: never) => {
    // The node dies after a page.
    if (String((command as { script: URL }).script).includes('free_channel') && calls++ === 1) {
      return Promise.reject(new Error('gone'));
    }
    return run(command, input);
  }) as never;
  await assert.rejects(im.groups.remove(user('alice'), gid('news')), /gone/);
  im.store.run = run;
  assert.equal(await refused(im.groups.get(gid('news'))), 'group_not_found');
  const [pending] = await im.redis.hkeys(im.keys.channelRemovals());
  assert.equal(await im.redis.scard(im.keys.removedChannel('gm', pending!)), 1_003 - 200);
  // Made anew meanwhile: who is in the new one keeps what is its own.
  await im.groups.put(user('bob'), gid('news'), { fields: {} });
  const kept = ['carol', ...Array.from({ length: 10 }, (_, i) => `m${i + 20}`)];
  for (const name of kept) await im.members.join(user(name), gid('news'), uid(name));
  await im.say('bob', 'group:news', 'new');
  const pages: number[] = [];
  im.store.run = (async (command: never, input: never) => {
    const counts = await commandsOf(() => run(command, input));
    pages.push(counts.zrem ?? 0);
    return run(command, input);
  }) as never;
  await im.groups.finishRemovals();
  im.store.run = run;
  assert.ok(pages.length >= 2 && pages.every((count) => count <= 200), JSON.stringify(pages));
  const left = await im.redis.keys(`${im.keys.prefix}*`);
  assert.deepEqual(
    left.filter((key) => /rg:|channel-removals/.test(key)),
    [],
  );
  for (const name of kept) assert.ok((await im.conversations.get(uid(name), NEWS)).unread >= 1, name);
  assert.deepEqual(await im.redis.hgetall(im.keys.read(uid('m7'))), {});
  assert.deepEqual(await im.redis.zrange(im.keys.contacts(uid('m7')), '0', '-1'), []);
  assert.deepEqual(await inboxOf('m7'), ['delete']);
  assert.deepEqual(
    [await im.redis.smembers(im.keys.requested(uid('dave'))), await im.redis.smembers(im.keys.sanctions(uid('eve')))],
    [[], []],
  );
});

test('a user who is removed leaves a channel, and takes messages along', async () => {
  await channel('bob', 'carol');
  await im.messages.send(uid('bob'), NEWS, { fields: { text: 'x' }, mentions: ['carol'] });
  await im.say('bob', 'group:news', 'y');
  await im.users.remove(uid('bob'), { erasesMessages: true });
  assert.deepEqual(await history('carol'), ['create', 'gone', 'gone']);
  assert.deepEqual(await inboxOf('carol'), ['join', 'gone', 'erase']);
  assert.equal((await im.groups.get(gid('news'))).members, 2);
  assert.deepEqual(await im.redis.exists(im.keys.inbox(uid('bob'))), 0);
});

test('a member limit holds for groups alone, and a large channel was a group once', async () => {
  await channel('bob');
  await crowd(1_200);
  await im.people('dave');
  await im.members.join(user('carol'), gid('news'), uid('carol'));
  const [added] = await im.members.add(server, gid('news'), [uid('dave')]);
  assert.ok(added && 'member' in added);
  assert.equal((await im.groups.get(gid('news'))).members, 1_204);
});
