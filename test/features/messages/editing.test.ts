import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { MessageId } from '../../../src/domain/stream-ids.ts';
import { Editing } from '../../../src/features/messages/editing.ts';
import { conversation, gid, startIm, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const team = conversation('group:team');
const shown = async (reader = 'alice', range: object = {}) =>
  (await im.history.page(uid(reader), team, { limit: 100, ...range })).items;
const edit = (name: string, id: MessageId, text: string, where = team) =>
  im.editing.edit(uid(name), where, id, { text });
const seqOf = (id: string) => Number(id.split('-')[1]);

test('an edit changes the history, and is an entry of its own for everybody', async () => {
  await im.team('team', 'alice', 'bob');
  const { message } = await im.messages.send(uid('bob'), team, { fields: { text: 'helo', lang: 'en', to: 'all' } });
  const edited = await im.editing.edit(uid('bob'), team, message.id, { text: 'hello', to: null });
  assert.deepEqual({ ...edited.fields }, { lang: 'en', text: 'hello' });
  assert.ok(edited.editedAt! >= message.sentAt);
  assert.deepEqual(await im.history.get(uid('alice'), team, message.id), edited);
  assert.deepEqual((await shown()).at(-1), edited, 'the edit itself is not in the history');
  for (const name of ['alice', 'bob']) {
    const [was, told] = (await im.all(name)).items.slice(-2).map((item) => item.message);
    assert.equal(was!.fields.text, 'helo', 'an inbox has what was written');
    assert.deepEqual([told!.action, told!.target, told!.from], ['edit', message.id, 'bob']);
    assert.deepEqual({ ...told!.fields }, { lang: 'en', text: 'hello' });
    assert.equal(seqOf(told!.id), seqOf(message.id) + 1);
  }
});

test('an edit counts as no message', async () => {
  const { id } = await im.say('alice', 'user:bob', 'one');
  await edit('alice', id, 'two', conversation('user:bob'));
  const [summary] = (await im.conversations.list(uid('bob'), { limit: 9 })).items;
  assert.equal(summary!.unread, 1);
  assert.deepEqual([summary!.last!.id, summary!.last!.fields.text], [id, 'two']);
});

test('an edit that changes nothing tells nobody', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'one');
  const before = (await im.all('bob')).items.length;
  const same = await edit('alice', id, 'one');
  assert.equal(same.editedAt, undefined);
  assert.equal((await im.all('bob')).items.length, before);
});

test('who may edit: the sender, as long as it may send here', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('bob', 'group:team', 'mine');
  await assert.rejects(edit('alice', id, 'x'), { code: 'forbidden' }, 'not even the owner');
  await assert.rejects(edit('carol', id, 'x'), { code: 'not_member' });
  await assert.rejects(edit('bob', '1-1' as MessageId, 'x'), { code: 'message_not_found' });
  const [created] = await shown();
  await assert.rejects(edit('alice', created!.id, 'x'), { code: 'forbidden' }, 'events stay');
  await assert.rejects(im.editing.edit(uid('bob'), team, id, { text: null }), { code: 'invalid_request' });
  await assert.rejects(im.editing.edit(uid('bob'), team, id, { reply: '1-1' }), { code: 'reserved_field' });
  await assert.rejects(edit('bob', id, 'x'.repeat(65_536)), { code: 'fields_too_large' });
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await assert.rejects(edit('bob', id, 'x'), { code: 'not_member' });
  assert.equal((await im.history.get(uid('alice'), team, id)).fields.text, 'mine');
});

test('a message is edited fifty times at most, and within the window', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', '0');
  for (let i = 1; i <= 50; i++) await edit('alice', id, `${i}`);
  await assert.rejects(edit('alice', id, '51'), { code: 'too_many_edits' });
  assert.equal((await im.history.get(uid('bob'), team, id)).fields.text, '50');

  const old = `${Date.now() - 60_000}-1`;
  await im.redis.xadd(im.keys.log('ds:alice:bob' as never), old, 'uid', 'alice', 'n', '1', 'text', 'old');
  const short = new Editing(im.store, im.logs, 59_000);
  const withBob = conversation('user:bob');
  await assert.rejects(short.edit(uid('alice'), withBob, old as MessageId, { text: 'x' }), {
    code: 'edit_window_over',
  });
  await new Editing(im.store, im.logs, 3_600_000).edit(uid('alice'), withBob, old as MessageId, { text: 'x' });
});

test('an erased message leaves a tombstone in its place, and no text anywhere', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  await im.say('alice', 'group:team', 'before');
  const { id } = await im.say('bob', 'group:team', 'secret-1');
  await edit('bob', id, 'secret-2');
  await im.say('alice', 'group:team', 'after');
  await assert.rejects(im.editing.erase(uid('carol'), team, id), { code: 'forbidden' });
  await im.all('carol');
  await im.editing.erase(uid('alice'), team, id);

  const tombstone = await im.history.get(uid('carol'), team, id);
  assert.deepEqual(
    { ...tombstone, sentAt: '', erasedAt: '' },
    { id, conversation: team, from: 'bob', by: 'alice', action: 'gone', fields: {}, sentAt: '', erasedAt: '' },
  );
  assert.deepEqual(
    (await shown('carol')).slice(-3).map((one) => one.fields.text ?? one.action),
    ['before', 'gone', 'after'],
  );
  const { items } = await im.all('carol');
  assert.deepEqual(
    items.slice(-5).map(({ message }) => message.fields.text ?? message.action),
    ['before', 'gone', 'gone', 'after', 'erase'],
  );
  assert.equal(items.at(-1)!.message.target, id);
  for (const key of await im.redis.keys(`${im.keys.prefix}*`)) {
    if (key === im.keys.feed()) continue;
    const dump = await im.redis.dumpBuffer(key);
    assert.ok(!dump?.includes('secret-'), key);
  }
  await assert.rejects(edit('bob', id, 'x'), { code: 'message_erased' });
  await im.editing.erase(uid('bob'), team, id);
  assert.equal((await im.all('carol')).items.length, items.length, 'erased once');
  await assert.rejects(im.editing.erase(uid('alice'), team, items.at(-1)!.message.id), { code: 'forbidden' });
});

test('seq goes on after an erased newest message', async () => {
  const withBob = conversation('user:bob');
  const first = await im.say('alice', 'user:bob', 'oops');
  await im.editing.erase(uid('alice'), withBob, first.id);
  const second = await im.say('alice', 'user:bob', 'better');
  assert.equal(seqOf(second.id), seqOf(first.id) + 2);
  const { items } = await im.history.page(uid('bob'), conversation('user:alice'), { limit: 9 });
  assert.deepEqual(
    items.map((one) => one.fields.text ?? one.action),
    ['gone', 'better'],
  );
});

test('a page of a history is whole, whatever was edited and erased, in both directions', async () => {
  await im.team('team', 'alice', 'bob');
  const messages: MessageId[] = [];
  for (let i = 0; i < 30; i++) {
    messages.push((await im.say('alice', 'group:team', `m${i}`)).id);
    if (i % 3 === 0) for (let k = 0; k < 5; k++) await edit('alice', messages.at(-1)!, `m${i}.${k}`);
    if (i % 4 === 3) await edit('alice', messages[i - 2]!, `m${i - 2}.late`);
  }
  for (const i of [0, 7, 8, 9, 20, 28, 29]) await im.editing.erase(uid('alice'), team, messages[i]!);
  const all = await shown();
  assert.deepEqual(
    all
      .filter(({ from }) => from === 'alice')
      .slice(-30)
      .map(({ id }) => id),
    messages,
  );
  assert.equal(all.find(({ id }) => id === messages[12])!.fields.text, 'm12.4');
  assert.equal(all.find(({ id }) => id === messages[5])!.fields.text, 'm5.late');
  for (const limit of [1, 2, 7, 50]) {
    for (const direction of ['before', 'after'] as const) {
      const read: string[] = [];
      let next: string | undefined = direction === 'after' ? '0-0' : undefined;
      do {
        const page = await im.history.page(uid('bob'), team, { limit, ...(next ? { [direction]: next } : {}) });
        assert.ok(page.items.length <= limit);
        const ids = page.items.map(({ id }) => id);
        read.splice(direction === 'before' ? 0 : read.length, 0, ...ids);
        next = page.next;
      } while (next);
      assert.deepEqual(
        read,
        all.map(({ id }) => id),
        `${direction} by ${limit}`,
      );
    }
  }
});

test('a page may begin at any moment', async () => {
  const withBob = conversation('user:bob');
  const ids = [];
  for (let i = 0; i < 3; i++) ids.push((await im.say('alice', 'user:bob', `${i}`)).id);
  await im.editing.erase(uid('alice'), withBob, ids[1]!);
  const far = `${Date.now() + 60_000}-0` as MessageId;
  const texts = async (range: object) =>
    (await im.history.page(uid('alice'), withBob, { limit: 9, ...range })).items.map(
      (one) => one.fields.text ?? one.action,
    );
  assert.deepEqual(await texts({ before: far }), ['0', 'gone', '2']);
  assert.deepEqual(await texts({ after: '5-999' }), ['0', 'gone', '2']);
  assert.deepEqual(await texts({ after: far }), []);
  assert.deepEqual(await texts({ before: '5-999' }), []);
});

test('five thousand edits in a log cost a page of its history nothing', async () => {
  await im.team('team', 'alice', 'bob');
  await im.redis.config('RESETSTAT');
  for (let i = 0; i < 60; i++) {
    const { id } = await im.say('alice', 'group:team', `m${i}`);
    for (let k = 0; k < 20; k++) await edit('alice', id, `m${i}.${k}`);
  }
  for (const range of [{}, { after: '0-0' as MessageId }]) {
    await im.redis.config('RESETSTAT');
    const page = await im.history.page(uid('bob'), team, { limit: 50, ...range });
    assert.equal(page.items.length, 50);
    const stats = await im.redis.info('commandstats');
    const reads = [...stats.matchAll(/cmdstat_(xrange|xrevrange|hget):calls=(\d+)/g)].reduce(
      (n, [, , c]) => n + Number(c),
      0,
    );
    assert.ok(reads <= 4 * 50 + 10, `${reads} reads`);
    assert.match(stats, /cmdstat_hmget:calls=2,/, 'all of the page at once, and what every call begins with');
  }
});

test('what is kept of changes goes with the log that retention trims, and with the group', async (t) => {
  const short = await startIm(server, { logMax: 100 });
  t.after(() => short.close());
  await short.people('a', 'b');
  await short.team('team', 'a', 'b');
  const log = 'gs:team' as never;
  for (let i = 0; i < 20; i++) {
    const { id } = await short.say('a', 'group:team', 'x'.repeat(300));
    await short.editing.edit(uid('a'), team, id, { text: `${i}` });
    if (i % 2) await short.editing.erase(uid('a'), team, id);
  }
  assert.ok((await short.redis.hlen(short.keys.messageState(log))) > 0);
  for (let i = 0; i < 600; i++) await short.say('a', 'group:team', 'x'.repeat(300));
  await Promise.all(short.trimmed);
  assert.equal(
    await short.redis.exists(short.keys.messageState(log), short.keys.changed(log), short.keys.erased(log)),
    0,
  );

  const { id } = await short.say('a', 'group:team', 'one');
  await short.editing.edit(uid('a'), team, id, { text: 'two' });
  await short.editing.erase(uid('a'), team, id);
  await short.groups.remove(user('a'), gid('team'));
  assert.deepEqual(
    (await short.redis.keys(`${short.keys.prefix}*gs:team`)).filter((key) => !key.includes(':i:')),
    [],
  );
});
