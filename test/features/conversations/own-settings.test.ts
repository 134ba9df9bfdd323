import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { conversation, gid, startIm, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [alice, bob] = [uid('alice'), uid('bob')];
const [withBob, withAlice, team] = [conversation('user:bob'), conversation('user:alice'), conversation('group:team')];
const listed = async (name = bob) => (await im.conversations.list(name, { limit: 100 })).items;

test('settings are those of one user, and one conversation', async () => {
  await im.say('alice', 'user:bob', 'hi');
  await im.say('carol', 'user:bob', 'hi');
  const until = new Date(Date.now() + 60_000).toISOString();
  const changed = await im.conversations.change(bob, withAlice, {
    pinned: true,
    mutedUntil: until,
    markedUnread: true,
  });
  assert.deepEqual(
    [changed.pinned, changed.mutedUntil, changed.markedUnread, changed.archived],
    [true, until, true, undefined],
  );
  assert.deepEqual(await im.conversations.get(bob, withAlice), changed);
  assert.deepEqual(
    (await listed()).find((one) => one.conversation === withAlice),
    changed,
  );
  const others = [(await listed()).find((one) => one.conversation === 'user:carol')!, (await listed(alice))[0]!];
  for (const other of others) assert.deepEqual([other.pinned, other.mutedUntil], [undefined, undefined]);
  const back = await im.conversations.change(bob, withAlice, { pinned: false, mutedUntil: '2001-01-01T00:00:00Z' });
  assert.deepEqual([back.pinned, back.mutedUntil, back.markedUnread], [undefined, undefined, true]);
  await im.conversations.change(bob, withAlice, { markedUnread: false });
  assert.equal(await im.redis.exists(im.keys.settings(bob)), 0, 'what is as by default is not kept');
});

test('a read mark takes the mark of unread away', async () => {
  const { id } = await im.say('alice', 'user:bob', 'hi');
  await im.conversations.change(bob, withAlice, { markedUnread: true });
  assert.equal((await im.conversations.markRead(bob, withAlice, id)).markedUnread, undefined);
});

test('a badge counts what is neither muted nor archived', async () => {
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'user:bob', '1');
  await im.say('carol', 'user:bob', '2');
  await im.say('alice', 'group:team', '3');
  const unread = async () => (await im.conversations.unread(bob)).unread;
  assert.equal(await unread(), 3);
  await im.conversations.change(bob, withAlice, { mutedUntil: '2999-01-01T00:00:00Z' });
  assert.equal(await unread(), 2);
  await im.conversations.change(bob, team, { archived: true });
  assert.equal(await unread(), 1);
  await im.conversations.change(bob, withAlice, { mutedUntil: '2001-01-01T00:00:00Z' });
  assert.equal(await unread(), 2);
});

test('a hidden conversation comes back with what is new, and its history begins there', async () => {
  await im.team('team', 'alice', 'bob');
  for (const where of [withAlice, team]) {
    const to = where === team ? 'group:team' : 'user:bob';
    const old = await im.say('alice', to, 'old');
    await im.conversations.change(bob, where, { pinned: true });
    await im.conversations.hide(bob, where);
    await im.conversations.hide(bob, where);
    assert.ok(!(await listed()).some((one) => one.conversation === where));
    await assert.rejects(im.conversations.get(bob, where), { code: 'conversation_not_found' });
    await assert.rejects(im.history.get(bob, where, old.id), { code: 'message_not_found' });
    await assert.rejects(im.conversations.markRead(bob, where, old.id), { code: 'message_not_found' });
    assert.deepEqual((await im.history.page(bob, where, { limit: 9 })).items, []);
    // A change of what is hidden is none of the reader's business.
    await im.editing.edit(alice, where === team ? team : withBob, old.id, { text: 'older' });
    assert.ok(!(await listed()).some((one) => one.conversation === where));

    await im.say('alice', to, 'new');
    const summary = await im.conversations.get(bob, where);
    assert.deepEqual([summary.unread, summary.last!.fields.text, summary.pinned], [1, 'new', undefined]);
    assert.deepEqual(
      (await im.history.page(bob, where, { limit: 9 })).items.map((one) => one.fields.text),
      ['new'],
    );
    assert.deepEqual((await im.history.page(bob, where, { limit: 9, after: old.id })).items.length, 1);
  }
  const mine = await im.history.page(alice, withBob, { limit: 9 });
  assert.deepEqual(
    mine.items.map((one) => one.fields.text),
    ['older', 'new'],
    'of the other nothing is hidden',
  );
});

test('what was erased is not unread, and its place can be read up to', async () => {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await im.say('alice', 'user:bob', `${i}`)).id);
  await im.conversations.markRead(bob, withAlice, ids[0]!);
  const unread = async () => (await im.conversations.get(bob, withAlice)).unread;
  assert.equal(await unread(), 4);
  await im.editing.erase(alice, withBob, ids[2]!);
  await im.editing.erase(alice, withBob, ids[0]!);
  assert.equal(await unread(), 3);
  await im.conversations.markRead(bob, withAlice, ids[2]!);
  assert.equal(await unread(), 2);
  await im.editing.erase(alice, withBob, ids[3]!);
  await im.editing.erase(alice, withBob, ids[4]!);
  assert.equal(await unread(), 0);
  const { last } = await im.conversations.get(bob, withAlice);
  assert.deepEqual([last!.id, last!.action, last!.from], [ids[4], 'gone', 'alice']);
});

test('what retention has taken is not unread', async (t) => {
  const short = await startIm(server, { logMax: 1 });
  t.after(() => short.close());
  await short.people('alice', 'bob');
  for (let i = 0; i < 500; i++) await short.say('alice', 'user:bob', 'x'.repeat(200));
  const kept = await short.redis.xlen(short.keys.log('ds:alice:bob' as never));
  assert.ok(kept < 500);
  const { unread, mentions } = await short.conversations.get(bob, withAlice);
  assert.deepEqual([unread, mentions], [kept, 0]);
});

test('the list is in the order of what it shows: a change moves nothing', async () => {
  const { id } = await im.say('alice', 'user:bob', 'first');
  for (const text of ['zero', 'second']) await im.say('carol', 'user:bob', text);
  await im.editing.edit(alice, withBob, id, { text: 'edited' });
  assert.deepEqual(
    (await listed()).map((one) => one.last!.fields.text),
    ['second', 'edited'],
  );
});

test('settings go with the membership and the user', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  for (const name of [alice, bob, uid('carol')]) await im.conversations.change(name, team, { pinned: true });
  await im.members.quit(user('bob'), gid('team'), bob);
  await im.users.remove(uid('carol'));
  await im.groups.remove(user('alice'), gid('team'));
  for (const name of [alice, bob, uid('carol')]) assert.equal(await im.redis.exists(im.keys.settings(name)), 0, name);
});

test('settings of a hidden conversation are refused, and nothing of them is kept', async () => {
  await im.say('alice', 'user:bob', 'hi');
  await im.conversations.hide(bob, withAlice);
  await assert.rejects(im.conversations.change(bob, withAlice, { pinned: true }), { code: 'conversation_not_found' });
  await im.say('alice', 'user:bob', 'hi again');
  assert.equal((await im.conversations.get(bob, withAlice)).pinned, undefined);
});

test('what changes below what was hidden can not be read up to', async () => {
  const { id } = await im.say('alice', 'user:bob', 'hi');
  await im.conversations.hide(bob, withAlice);
  await im.editing.erase(alice, withBob, id);
  const { id: erasure } = (await im.all('bob')).items.at(-1)!.message;
  await assert.rejects(im.conversations.markRead(bob, withAlice, erasure), { code: 'conversation_not_found' });
  await im.say('alice', 'user:bob', 'hi again');
  assert.equal((await im.conversations.get(bob, withAlice)).readUpTo, id, 'the mark stayed where it was hidden');
});

test('a send is safe to repeat after its conversation was hidden', async () => {
  const send = () => im.messages.send(alice, withBob, { fields: { text: 'hi' }, clientMessageId: 'm-1' });
  const { message } = await send();
  await im.conversations.hide(alice, withBob);
  const again = await send();
  assert.deepEqual([again.created, again.message.id], [false, message.id]);
});

test('what is erased below a hidden end is shown in neither direction', async () => {
  await im.say('bob', 'user:alice', 'before');
  const { id } = await im.say('alice', 'user:bob', 'hi');
  await im.editing.edit(alice, withBob, id, { text: 'hello' });
  await im.conversations.hide(bob, withAlice);
  await im.editing.erase(alice, withBob, id);
  for (const range of [{ after: '0-0' as never }, {}]) {
    assert.deepEqual((await im.history.page(bob, withAlice, { limit: 9, ...range })).items, []);
  }
});
