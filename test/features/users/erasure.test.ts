import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { LogName } from '../../../src/domain/conversations.ts';
import { eventually } from '../../helpers/delivery.ts';
import { server as backend, commandCounts, conversation, gid, startIm, uid, user } from '../../helpers/im.ts';
import { startRedis } from '../../helpers/redis.ts';
import { useIm } from '../../helpers/use.ts';

/** A user is removed with the messages that it has sent. */

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [alice, bob, team] = [uid('alice'), uid('bob'), gid('team')];
const toTeam = conversation('group:team');
const eraseAll = () => im.users.remove(alice, { erasesMessages: true });
const shown = async (reader: string, where: string, node = im) =>
  (await node.history.page(uid(reader), conversation(where), { limit: 100 })).items
    .filter(({ action }) => !action || action === 'gone')
    .map(({ action, from, fields }) => `${from}: ${action ?? fields.text}`);
const overwrite = async (log: string) => {
  const [key, aside] = [im.keys.log(log as LogName), `${im.keys.prefix}aside`];
  await im.redis.rename(key, aside);
  await im.redis.set(key, 'somebody has overwritten it');
  return () => im.redis.rename(aside, key);
};

test('what the user has sent is erased wherever it was, and nothing of the others', async () => {
  await im.team('team', 'bob', 'alice');
  await im.team('club', 'bob', 'alice');
  for (const to of ['group:team', 'group:club', 'user:bob', 'user:alice']) {
    await im.say('alice', to, `secret of alice, to ${to}`);
    if (to !== 'user:alice') await im.say('bob', to === 'user:bob' ? 'user:alice' : to, 'of bob');
  }
  const { id } = await im.say('alice', 'group:team', 'secret of alice, at first');
  await im.editing.edit(alice, toTeam, id, { text: 'secret of alice, edited' });
  const parent = await im.say('bob', 'group:team', 'what do you think?');
  await im.messages.send(alice, toTeam, { fields: { text: 'secret of alice' }, replyTo: parent.id, mentions: ['bob'] });
  await im.members.quit(user('alice'), gid('club'), alice);
  await im.conversations.hide(alice, conversation('user:bob'));
  assert.ok((await im.all('bob')).items.some(({ message }) => message.fields.text?.startsWith('secret')));
  await eraseAll();

  const [gone, ofBob] = ['alice: gone', 'bob: of bob'];
  assert.deepEqual(await shown('bob', 'group:team'), [gone, ofBob, gone, 'bob: what do you think?', gone]);
  assert.deepEqual(await shown('bob', 'group:club'), [gone, ofBob]);
  assert.deepEqual(await shown('bob', 'user:alice'), [gone, ofBob]);
  for (const key of await im.redis.keys(`${im.keys.prefix}*`)) {
    // In the feed it is until that is trimmed.
    if (key === im.keys.feed()) continue;
    // What is deleted of a stream may stay in its memory.
    const isStream = (await im.redis.type(key)) === 'stream';
    const kept = isStream
      ? JSON.stringify(await im.redis.xrange(key, '-', '+'))
      : String(await im.redis.call('DUMP', key));
    assert.ok(!kept.includes('secret'), key);
  }
  const { items } = await im.all('bob');
  assert.ok(!items.some(({ message }) => message.fields.text?.startsWith('secret')), 'and from no memory');
  const told = items.filter(({ message }) => message.action === 'erase' && message.from === 'alice');
  assert.equal(told.length, 5, 'clients are told of each');
  const summaries = (await im.conversations.list(bob, { limit: 9 })).items;
  assert.deepEqual(
    summaries.map(({ conversation, unread, mentions }) => [conversation, unread, mentions]).sort(),
    ['group:club', 'group:team', 'user:alice'].map((name) => [name, 0, 0]),
  );
  assert.equal((await im.history.get(bob, toTeam, parent.id)).replyCount, undefined);
  const left = await im.redis.keys(`${im.keys.prefix}*alice*`);
  assert.deepEqual(
    left.filter((key) => /:(u|s|c|rd|lf|re):alice$/.test(key)),
    [],
  );
});

test('a plain removal keeps them', async () => {
  await im.say('alice', 'user:bob', 'hello');
  await im.users.remove(alice);
  assert.deepEqual(await shown('bob', 'user:alice'), ['alice: hello']);
});

test('a repeat is told whether the messages went, too', async () => {
  await im.people('dora', 'emil');
  await im.users.remove(uid('dora'));
  await im.users.remove(uid('dora'));
  await assert.rejects(im.users.remove(uid('dora'), { erasesMessages: true }), { code: 'user_not_found' });
  await im.users.remove(uid('emil'), { erasesMessages: true });
  await im.users.remove(uid('emil'), { erasesMessages: true });
  await im.people('emil');
  await im.users.remove(uid('emil'));
  await assert.rejects(im.users.remove(uid('emil'), { erasesMessages: true }), { code: 'user_not_found' });
});

test('what a former user of the name has sent stays', async () => {
  await im.team('team', 'bob', 'alice');
  for (const to of ['group:team', 'user:bob']) await im.say('alice', to, 'of the former one');
  await im.users.remove(alice);
  await im.people('alice');
  await im.members.join(backend, team, alice);
  for (const to of ['group:team', 'user:bob']) await im.say('alice', to, 'of the new one');
  await im.members.quit(backend, team, alice);
  await eraseAll();
  for (const where of ['group:team', 'user:alice']) {
    assert.deepEqual(await shown('bob', where), ['alice: of the former one', 'alice: gone'], where);
  }
});

test('a group of the name of one that was left is left alone', async () => {
  await im.team('team', 'bob', 'alice');
  await im.members.quit(user('alice'), team, alice);
  await im.groups.remove(user('bob'), team);
  await im.team('team', 'bob');
  // As if it were hers, so that a look at it is seen.
  await im.redis.xadd(im.keys.log('gs:team' as LogName), '9999999999999-2', 'uid', 'alice', 'n', '1', 'text', 'x');
  await eraseAll();
  assert.deepEqual(await shown('bob', 'group:team'), ['alice: x']);
});

test('an owner has to hand over first, and nothing is erased before', async () => {
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'group:team', 'hello');
  await assert.rejects(eraseAll(), { code: 'owner_must_hand_over' });
  await im.redis.hset(im.keys.meta(), 'writerLevel', '1');
  await assert.rejects(im.users.remove(bob, { erasesMessages: true }), { code: 'update_pending' });
  await im.users.remove(bob);
  assert.deepEqual(await shown('alice', 'group:team'), ['alice: hello']);
});

test('where a step fails the user is gone, and a repeat, a start or a new user of the name finishes all of it', async () => {
  const ways = [
    () => eraseAll(),
    () => im.users.remove(alice),
    async () => {
      const other = await startIm(server, { keyPrefix: im.keys.prefix });
      await other.users.finishRemovals();
      other.close();
    },
    () => im.people('alice'),
  ];
  for (const finish of ways) {
    await im.people('alice');
    await im.team('one', 'bob', 'alice');
    await im.team('two', 'bob', 'alice');
    for (const to of ['group:one', 'group:two']) await im.say('alice', to, 'hello');
    const restore = await overwrite('gs:two');
    const told = await im.redis.xlen(im.keys.inbox(alice));
    await assert.rejects(eraseAll(), { code: 'outcome_unknown' });
    assert.equal(await im.redis.xlen(im.keys.inbox(alice)), told, 'who is gone is told nothing');
    await assert.rejects(im.users.get(alice), { code: 'user_not_found' });
    await assert.rejects(im.say('alice', 'user:bob', 'still here'), { code: 'user_not_found' });
    await restore();
    await finish();
    for (const where of ['group:one', 'group:two']) assert.deepEqual(await shown('bob', where), ['alice: gone'], where);
    assert.equal(await im.redis.exists(im.keys.erasure(alice), im.keys.left(alice)), 0);
    for (const name of ['one', 'two']) await im.groups.remove(backend, gid(name));
    await im.people('alice');
  }
});

test('a removal that began without is finished with them', async () => {
  await im.team('one', 'bob', 'alice');
  await im.team('two', 'bob', 'alice');
  for (const to of ['group:one', 'group:two']) await im.say('alice', to, 'hello');
  const restore = await overwrite('gs:two');
  await assert.rejects(im.users.remove(alice), { code: 'outcome_unknown' });
  await restore();
  await eraseAll();
  for (const where of ['group:one', 'group:two']) assert.deepEqual(await shown('bob', where), ['alice: gone'], where);
});

test('Redis killed between two pages: the same request again goes on and finishes', async (t) => {
  const redis = await startRedis({ aof: true });
  t.after(() => redis.stop());
  const node = await startIm(redis);
  t.after(() => node.close());
  const crowd = Array.from({ length: 60 }, (_, i) => `m${i}`);
  await node.people('alice', 'bob', ...crowd);
  await node.team('team', 'bob', 'alice', ...crowd);
  const count = 200;
  for (let i = 0; i < count; i++) await node.say(i % 2 ? 'alice' : 'bob', 'group:team', `${i}`);
  const erased = () => node.redis.zcard(node.keys.erased('gs:team' as LogName));
  const first = node.users.remove(alice, { erasesMessages: true }).then(
    () => 'finished',
    () => 'interrupted',
  );
  while ((await erased()) === 0);
  await redis.kill();
  assert.equal(await first, 'interrupted');
  await redis.restart();
  await eventually(() => node.redis.status === 'ready', 'connected again');
  const before = await erased();
  assert.ok(before > 0 && before < count / 2, `${before} of ${count / 2} were erased`);
  await node.users.remove(alice, { erasesMessages: true });
  assert.equal(await erased(), count / 2);
  const texts: unknown[] = [];
  for await (const text of allTexts(node)) texts.push(text);
  assert.deepEqual(
    texts,
    Array.from({ length: count }, (_, i) => (i % 2 ? 'gone' : `${i}`)),
  );
});

test('a log of many is gone through in small steps, and what many are told in smaller ones', async () => {
  const crowd = Array.from({ length: 99 }, (_, i) => `m${i}`);
  await im.people(...crowd);
  await im.team('team', 'bob', 'alice', ...crowd);
  const log = im.keys.log('gs:team' as LogName);
  const [last] = await im.redis.xrevrange(log, '+', '-', 'COUNT', 1);
  const seq = Number(last![0].split('-')[1]);
  const pipeline = im.redis.pipeline();
  for (let i = 1; i <= 1_000; i++)
    pipeline.xadd(log, `9999999999999-${seq + i}`, 'uid', 'bob', 'n', `${i}`, 'text', 'x');
  await pipeline.exec();
  for (let i = 0; i < 100; i++) await im.say('alice', 'group:team', 'x');
  const calls = async () => (await commandCounts(im.redis)).evalsha ?? 0;
  const before = await calls();
  await eraseAll();
  // Some 13 pages of 100 entries, more by what is added meanwhile; and 1,000 inboxes are 10 of the messages.
  const done = (await calls()) - before;
  assert.ok(done >= 13 + 9 && done < 40, `${done} calls`);
});

/** What a history of the group shows, page by page. */
async function* allTexts(node: typeof im) {
  for (let after = '0-0'; ; ) {
    const page = await node.history.page(bob, toTeam, { after: after as never, limit: 100 });
    for (const { action, fields } of page.items) if (!action || action === 'gone') yield action ?? fields.text;
    if (page.next === undefined) return;
    after = page.next;
  }
}
