import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { directLog } from '../../../src/domain/conversations.ts';
import { commandCounts, conversation, gid, startIm, uid, user } from '../../helpers/im.ts';
import { startRedis } from '../../helpers/redis.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const texts = (page: { items: { message: { fields: Record<string, string> } }[] }) =>
  page.items.map((item) => item.message.fields.text);

test('a direct message is in the log, in both inboxes, and seen by each as a chat with the other', async () => {
  const { message } = await im.messages.send(uid('alice'), conversation('user:bob'), {
    fields: { text: 'hi', empty: '' },
    clientMessageId: 'c1',
  });
  assert.match(message.id, /^\d{13}-1$/);
  assert.deepEqual(
    { ...message, id: '', sentAt: '' },
    {
      id: '',
      sentAt: '',
      conversation: 'user:bob',
      from: 'alice',
      fields: { text: 'hi', empty: '' },
      clientMessageId: 'c1',
    },
  );
  const [alice, bob] = [(await im.all('alice')).items, (await im.all('bob')).items];
  assert.deepEqual({ ...alice[0]!.message, fields: { ...alice[0]!.message.fields } }, message);
  assert.deepEqual(bob[0]!.message.conversation, 'user:alice');
  assert.equal(bob[0]!.message.id, message.id);
  assert.match(bob[0]!.cursor, /^\d{13}-0$/);
  assert.equal((await im.all('carol')).items.length, 0);
});

test('a note to oneself comes once', async () => {
  await im.say('alice', 'user:alice', 'milk');
  assert.deepEqual(texts(await im.all('alice')), ['milk']);
});

test('seq counts without holes within a log, and the time never goes back', async () => {
  await im.team('team', 'alice', 'bob');
  await im.redis.xadd(
    im.keys.log('ds:alice:bob' as never),
    '9999999999999-7',
    'uid',
    'bob',
    'n',
    '3',
    'text',
    'from tomorrow',
  );
  const ids = [];
  for (let i = 0; i < 3; i++) ids.push((await im.say('alice', 'user:bob', `${i}`)).id);
  assert.deepEqual(ids, ['9999999999999-8', '9999999999999-9', '9999999999999-10']);
  const group = await im.say('alice', 'group:team', 'x');
  assert.match(group.id, /-3$/, 'create, join, then this');
});

test('a repeated clientMessageId never makes a second message', async () => {
  const send = (text: string, from = 'alice') =>
    im.messages.send(uid(from), conversation(from === 'alice' ? 'user:bob' : 'user:alice'), {
      fields: { text, more: 'x' },
      clientMessageId: 'same',
    });
  const first = await send('hi');
  assert.equal(first.created, true);
  const again = await im.messages.send(uid('alice'), conversation('user:bob'), {
    fields: { more: 'x', text: 'hi' },
    clientMessageId: 'same',
  });
  assert.equal(again.created, false);
  assert.deepEqual({ ...again.message, fields: { ...again.message.fields } }, first.message);
  await assert.rejects(send('other'), { code: 'client_message_id_reused' });
  assert.equal((await send('hi', 'bob')).created, true, 'another sender has ids of its own');
  assert.deepEqual(texts(await im.all('bob')), ['hi', 'hi']);
  const many = await Promise.all(Array.from({ length: 20 }, () => send('hi')));
  assert.equal(new Set(many.map((sent) => sent.message.id)).size, 1);
});

test('a clientMessageId is remembered for its time, one that was made here for five minutes', async () => {
  const remembered = async () => {
    const ttls = [];
    for (const key of await im.redis.keys(`${im.keys.prefix}i:*`)) ttls.push(await im.redis.pttl(key));
    return ttls.sort((a, b) => a - b);
  };
  await im.say('alice', 'user:bob', 'x');
  const [own = 0] = await remembered();
  assert.ok(own > 200_000 && own <= 300_000, `${own} ms`);
  await im.messages.send(uid('alice'), conversation('user:bob'), { fields: { text: 'x' }, clientMessageId: 'c' });
  const [, given = 0] = await remembered();
  assert.ok(given > 86_300_000 && given <= 86_400_000, `${given} ms`);
});

test('a refused send leaves nothing behind', async () => {
  await im.team('team', 'alice');
  const before = (await im.redis.keys(`${im.keys.prefix}*`)).sort();
  const refusals: [string, string, Record<string, string>, string][] = [
    ['alice', 'user:nobody', { text: 'x' }, 'user_not_found'],
    ['nobody', 'user:alice', { text: 'x' }, 'user_not_found'],
    ['bob', 'group:team', { text: 'x' }, 'not_member'],
    ['bob', 'group:none', { text: 'x' }, 'group_not_found'],
    ['alice', 'user:bob', { action: 'join' }, 'reserved_field'],
    ['alice', 'user:bob', { uid: 'bob' }, 'reserved_field'],
    ['alice', 'user:bob', { text: 'x'.repeat(65_533) }, 'fields_too_large'],
    ['alice', 'user:bob', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, ''])), 'fields_too_large'],
    ['alice', 'user:bob', { text: '\ud800' }, 'invalid_request'],
    ['alice', 'user:bob', { ['x'.repeat(65)]: '' }, 'invalid_request'],
  ];
  for (const [from, to, fields, code] of refusals) {
    await assert.rejects(im.messages.send(uid(from), conversation(to), { fields }), { code }, `${from} → ${to}`);
  }
  assert.deepEqual((await im.redis.keys(`${im.keys.prefix}*`)).sort(), before);
  assert.equal((await im.all('alice')).items.length, 1, 'only the creation of the group');
});

test('64 fields of 64 KiB together are taken, and come back unchanged', async () => {
  const fields = Object.fromEntries(
    Array.from({ length: 64 }, (_, i) => [`f${String(i).padStart(2, '0')}`, 'é'.repeat(510)]),
  );
  const { message } = await im.messages.send(uid('alice'), conversation('user:bob'), { fields });
  const read = await im.history.get(uid('bob'), conversation('user:alice'), message.id);
  assert.deepEqual({ ...read.fields }, fields);
});

test('a group message costs one Redis call for each recipient, and a fixed few', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `m${i}`);
  await im.people(...names);
  await im.team('big', names[0]!, ...names.slice(1));
  await im.say('m0', 'group:big', 'warm');
  const before = await commandCounts(im.redis);
  await im.say('m1', 'group:big', 'counted');
  const now = await commandCounts(im.redis);
  const calls = Object.entries(now).flatMap(([name, n]) => {
    const count = n - (before[name] ?? 0);
    // A hundredth entry of an inbox, or of the feed, has it looked at.
    return count > 0 && name !== 'info' && name !== 'xtrim' ? [`${name} ${count}`] : [];
  });
  assert.deepEqual(calls.sort(), [
    'fcall 1',
    'hget 1',
    'hmget 2',
    'hset 1',
    'set 1',
    'sismember 1',
    'smembers 1',
    'time 1',
    'xadd 102',
    'xrevrange 1',
  ]);
});

test('one inbox of a wrong type, or from the future, keeps nobody else from the message', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  await im.redis.del(im.keys.inbox(uid('bob')));
  await im.redis.set(im.keys.inbox(uid('bob')), 'not a stream');
  await im.say('alice', 'group:team', 'one');
  assert.match(im.refused.join(), /^bob: WRONGTYPE/);
  assert.equal(texts(await im.all('carol')).at(-1), 'one');

  const epoch = await im.redis.hget(im.keys.meta(), 'epoch');
  await im.redis.del(im.keys.inbox(uid('bob')));
  await im.redis.xadd(im.keys.inbox(uid('bob')), '9999999999999-5', 'FW', 'ds:alice:bob', 'mid', '1-1');
  await im.say('alice', 'group:team', 'two');
  assert.equal(await im.redis.hget(im.keys.meta(), 'epoch'), '10000000000000');
  assert.notEqual(epoch, '10000000000000');
  for (const name of ['alice', 'bob', 'carol']) {
    const { items } = await im.inbox.page(uid(name), { ms: 9_999_999_999_999n, seq: 5n }, { count: 10, maxBytes: 1e6 });
    const ends = items.length > 0 ? items : (await im.all(name)).items;
    assert.equal(ends.at(-1)?.message.fields.text, 'two', name);
  }
  await im.say('alice', 'group:team', 'three');
  const bob = await im.inbox.page(uid('bob'), { ms: 10_000_000_000_000n, seq: 0n }, { count: 10, maxBytes: 1e6 });
  assert.deepEqual(texts(bob), ['three']);
});

test('whoever was reached before the epoch moved is told with the epoch of before', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  const before = await im.redis.hget(im.keys.meta(), 'epoch');
  const [newest] = await im.redis.xrevrange(im.keys.feed(), '+', '-', 'COUNT', 1);
  // The last one that the send comes to: those in front of it have been reached by then.
  const last = (await im.redis.smembers(im.keys.members(gid('team')))).at(-1)!;
  await im.redis.del(im.keys.inbox(uid(last)));
  await im.redis.xadd(im.keys.inbox(uid(last)), '9999999999999-5', 'FW', 'ds:alice:bob', 'mid', '1-1');
  await im.say('alice', 'group:team', 'x');
  const told = await im.redis.xrange(im.keys.feed(), `(${newest![0]}`, '+');
  assert.deepEqual(
    told.map(([id, flat]) => [id.split('-')[0], flat[5]?.split(' ').filter((_, i) => i % 2 === 0).length]),
    [
      [before, 2],
      ['10000000000000', 1],
    ],
  );
  for (const [id, flat] of told) {
    const to = flat[5]!.split(' ');
    for (let i = 0; i < to.length; i += 2) {
      const entry = `${id.split('-')[0]}-${to[i + 1]}`;
      assert.equal((await im.redis.xrange(im.keys.inbox(uid(to[i]!)), entry, entry)).length, 1, `${to[i]} ${entry}`);
    }
  }
});

test('history goes back by default, forward on demand, always oldest first', async () => {
  for (let i = 1; i <= 5; i++) await im.say(i % 2 ? 'alice' : 'bob', i % 2 ? 'user:bob' : 'user:alice', `${i}`);
  const read = (range: object) => im.history.page(uid('alice'), conversation('user:bob'), { limit: 2, ...range });
  const words = (page: { items: { fields: Record<string, string> }[] }) =>
    page.items.map((m) => m.fields.text).join(' ');
  const newest = await read({});
  assert.equal(words(newest), '4 5');
  const older = await read({ before: newest.next });
  assert.equal(words(older), '2 3');
  const oldest = await read({ before: older.next });
  assert.equal(words(oldest), '1');
  assert.equal(oldest.next, undefined);
  const forward = await read({ after: oldest.items[0]!.id });
  assert.equal(words(forward), '2 3');
  assert.equal(words(await read({ after: forward.next })), '4 5');
  const last = '18446744073709551615-18446744073709551615';
  assert.equal(words(await read({ before: '0-0' })) + words(await read({ after: last })), '');
  assert.equal(words(await read({ before: last })) + words(await read({ after: '0-0' })), '4 51 2');
});

test('only members read a group, and who has left reads no more', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'secret');
  const read = (name: string) => im.history.get(uid(name), conversation('group:team'), id);
  assert.equal((await read('bob')).fields.text, 'secret');
  await assert.rejects(read('carol'), { code: 'not_member' });
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await assert.rejects(read('bob'), { code: 'not_member' });
  await assert.rejects(im.history.page(uid('bob'), conversation('group:team'), { limit: 5 }), {
    code: 'not_member',
  });
  assert.ok(texts(await im.all('bob')).includes('secret'), 'what is in the inbox stays');
});

test('retention keeps the newest entry, from which seq and n go on', async (t) => {
  const short = await startIm(server, { logMax: 1 });
  t.after(() => short.close());
  await short.people('a', 'b');
  for (let i = 0; i < 500; i++) await short.say('a', 'user:b', 'x'.repeat(200));
  const { items } = await short.history.page(uid('a'), conversation('user:b'), { limit: 100 });
  assert.ok(items.length < 100, `${items.length} kept`);
  assert.match(items.at(-1)!.id, /-500$/);
  assert.match((await short.say('a', 'user:b', 'next')).id, /-501$/);
  const gone = (await short.all('b')).items.filter(({ message }) => message.action === 'gone');
  assert.ok(gone.length > 300, 'what was trimmed is delivered as a tombstone');
  assert.equal((await short.all('b')).items.length, 501);
});

const DAY_MS = 86_400_000;

/** A conversation of a and b, kept for some days or up to a number, whose entries have the times that are asked for. */
async function startDated(settings: { logMax?: number; logDays?: number }) {
  const dated = await startIm(server, settings);
  await dated.people('a', 'b');
  const key = dated.keys.log('ds:a:b' as never);
  let seq = 0;
  return {
    /** Adds entries as a send would have written them. Redis trims a few dozen of this size at a time. */
    add: async (count: number, ms: number) => {
      const pipeline = dated.redis.pipeline();
      for (let i = 0; i < count; i++) {
        pipeline.xadd(key, `${ms}-${++seq}`, 'uid', 'a', 'n', `${seq}`, 'text', 'x'.repeat(200));
      }
      await pipeline.exec();
    },
    send: async () => (await dated.say('a', 'user:b', 'x'.repeat(200))).id,
    /** How many are kept that are as old as that. */
    kept: async (ms: number) => (await dated.redis.xrange(key, `${ms}`, `${ms}`)).length,
    all: async () => (await dated.redis.xrange(key, '-', '+')).map(([id, [, , , n]]) => [id, n]),
    close: () => dated.close(),
  };
}

test('retention by days: the next send takes out what is older, and nothing else', async (t) => {
  const chat = await startDated({ logDays: 2 });
  t.after(() => chat.close());
  const now = Date.now();
  const [older, younger] = [now - 2 * DAY_MS - 60_000, now - 2 * DAY_MS + 3_600_000];
  await chat.add(400, older);
  await chat.add(200, younger);
  assert.deepEqual([await chat.kept(older), await chat.kept(younger)], [400, 200], 'only a send takes anything out');
  assert.match(await chat.send(), /-601$/);
  assert.ok((await chat.kept(older)) < 100, `${await chat.kept(older)} kept`);
  assert.equal(await chat.kept(younger), 200);
});

test('retention by days: what is exactly as old stays', async (t) => {
  const chat = await startDated({ logDays: 2 });
  t.after(() => chat.close());
  // From tomorrow, whose time the next entries keep: so the border is known to the millisecond.
  const last = 9_999_999_999_999;
  await chat.add(300, last - 2 * DAY_MS - 1);
  await chat.add(300, last - 2 * DAY_MS);
  await chat.add(1, last);
  assert.equal(await chat.send(), `${last}-602`);
  assert.ok((await chat.kept(last - 2 * DAY_MS - 1)) < 100);
  assert.equal(await chat.kept(last - 2 * DAY_MS), 300);
});

test('retention by days: where all is older the new entry is kept, and seq and n go on from the old', async (t) => {
  const chat = await startDated({ logDays: 1 });
  t.after(() => chat.close());
  await chat.add(300, Date.now() - 400 * DAY_MS);
  const ids = [await chat.send(), await chat.send()];
  assert.deepEqual((await chat.all()).slice(-2), [
    [ids[0], '301'],
    [ids[1], '302'],
  ]);
  assert.deepEqual(
    ids.map((id) => id.split('-')[1]),
    ['301', '302'],
  );
});

test('retention by days and by number: each takes out what the other would keep', async (t) => {
  const [by, young] = [await startDated({ logDays: 2, logMax: 1_000 }), await startDated({ logDays: 2, logMax: 50 })];
  t.after(() => {
    by.close();
    young.close();
  });
  const [older, younger] = [Date.now() - 3 * DAY_MS, Date.now() - DAY_MS];
  await by.add(300, older);
  await by.add(100, younger);
  await by.send();
  assert.ok((await by.kept(older)) < 100, 'fewer than LOG_MAX, and too old');
  assert.equal(await by.kept(younger), 100);
  await young.add(400, younger);
  const id = await young.send();
  const kept = await young.all();
  assert.ok(kept.length >= 50 && kept.length < 150, `${kept.length} kept: young enough, and more than LOG_MAX`);
  assert.deepEqual(kept.at(-1), [id, '401']);
});

test('without memory a send is refused whole, and reading goes on', async (t) => {
  const full = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] });
  const other = await startIm(full);
  t.after(() => {
    other.close();
    return full.stop();
  });
  await other.people('a', 'b');
  const { id } = await other.say('a', 'user:b', 'before');
  const before = (await other.redis.keys('*')).sort();
  await other.redis.config('SET', 'maxmemory', '1');
  await assert.rejects(other.say('a', 'user:b', 'x'), { code: 'storage_full' });
  await assert.rejects(other.users.replace(uid('a'), { name: 'x'.repeat(1_000) }), /OOM/);
  assert.equal((await other.conversations.markRead(uid('b'), conversation('user:a'), id)).unread, 0);
  assert.deepEqual(texts(await other.all('b')), ['before']);
  await other.redis.config('SET', 'maxmemory', '0');
  const receipts = other.keys.receipts(directLog(uid('a'), uid('b')));
  assert.deepEqual((await other.redis.keys('*')).sort(), [...before, receipts].sort());
  assert.match((await other.say('a', 'user:b', 'after')).id, /-2$/);
});

test('one log of a wrong type does not hide what the rest of a batch came to', async () => {
  await im.redis.set(im.keys.log('ds:alice:carol' as never), 'somebody has overwritten it');
  const send = (to: string, text: string) => ({ uid: uid('alice'), conversation: conversation(to), fields: { text } });
  const results = await im.messages.sendMany([send('user:bob', '1'), send('user:carol', '2'), send('user:bob', '3')]);
  assert.deepEqual(
    results.map((result) => ('error' in result ? result.error.code : result.created)),
    [true, 'internal', true],
  );
  assert.deepEqual(texts(await im.all('bob')), ['1', '3']);
});

test('a batch that writes more inboxes than one call may goes on in another, in order', async () => {
  const names = Array.from({ length: 700 }, (_, i) => `m${i}`);
  await im.people(...names);
  await im.team('big', names[0]!, ...names.slice(1));
  const note = { uid: uid('m0'), conversation: conversation('user:m0'), fields: { text: 'warm' } };
  await im.messages.sendMany([note]);
  const before = await commandCounts(im.redis);
  const sends = Array.from({ length: 8 }, (_, i) => ({
    uid: uid('m0'),
    conversation: conversation('group:big'),
    fields: { text: `${i}` },
  }));
  const results = await im.messages.sendMany(sends);
  assert.ok(results.every((result) => 'created' in result && result.created));
  const calls = (await commandCounts(im.redis)).fcall! - before.fcall!;
  assert.equal(calls, 3, 'three sends of 700 each fill a call');
  const { items } = await im.history.page(uid('m5'), conversation('group:big'), { limit: 8 });
  assert.deepEqual(
    items.map(({ fields }) => fields.text),
    ['0', '1', '2', '3', '4', '5', '6', '7'],
  );
});

test('a feed that takes nothing is told of, and the message is stored all the same', async () => {
  await im.redis.del(im.keys.feed());
  await im.redis.set(im.keys.feed(), 'somebody has overwritten it');
  await im.say('alice', 'user:bob', 'hi');
  assert.equal(im.refused.length, 1);
  assert.match(im.refused[0]!, /^feed: WRONGTYPE/);
  assert.deepEqual(texts(await im.all('bob')), ['hi']);
});

test('the sender and the place are the path, whatever a body says', async () => {
  const body = { fields: { text: 'hi' }, uid: uid('carol'), conversation: conversation('user:carol') };
  const { message } = await im.messages.send(uid('alice'), conversation('user:bob'), body);
  assert.deepEqual([message.from, message.conversation], ['alice', 'user:bob']);
});

test('who may not read a history makes nobody read it', async () => {
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'group:team', 'secret');
  const before = await commandCounts(im.redis);
  await assert.rejects(im.history.page(uid('carol'), conversation('group:team'), { limit: 100 }), {
    code: 'not_member',
  });
  const reads = (counts: Record<string, number>) => (counts.xrevrange ?? 0) + (counts.xrange ?? 0);
  assert.equal(reads(await commandCounts(im.redis)) - reads(before), 0);
});

test('who has the name of a former member repeats nothing that the former one has sent', async () => {
  await im.team('team', 'alice', 'carol');
  const send = () =>
    im.messages.send(uid('carol'), conversation('group:team'), { fields: { text: 'x' }, clientMessageId: 'c' });
  assert.equal((await send()).created, true);
  await delay(2);
  await im.users.remove(uid('carol'));
  await im.people('carol');
  await assert.rejects(send(), { code: 'not_member' });
});

test('sends of one turn share calls, and each has its own outcome', async () => {
  await Promise.all([im.say('alice', 'user:bob', 'warm'), im.say('alice', 'user:bob', 'warm')]);
  await im.redis.set(im.keys.log('ds:alice:carol' as never), 'somebody has overwritten it');
  const before = await commandCounts(im.redis);
  const ids = new Set<string>();
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const to = i === 7 ? 'user:carol' : i === 9 ? 'user:nobody' : 'user:bob';
      return im.say('alice', to, `${i}`).then(
        (message) => {
          ids.add(message.id);
          return message.fields.text;
        },
        (error) => error.code ?? 'failed',
      );
    }),
  );
  const calls = (await commandCounts(im.redis)).fcall! - before.fcall!;
  assert.ok(calls <= 5, `${calls} calls for 40 sends`);
  const expected = Array.from({ length: 40 }, (_, i) => (i === 7 ? 'failed' : i === 9 ? 'user_not_found' : `${i}`));
  assert.deepEqual(outcomes, expected);
  assert.equal(ids.size, 38, 'each has a message of its own');
  assert.deepEqual(
    texts(await im.all('bob')).slice(2),
    expected.filter((text) => /^\d+$/.test(text)),
  );
});
