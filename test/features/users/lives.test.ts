import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { startNode, TestSink } from '../../helpers/delivery.ts';
import { server as backend, conversation, gid, OLDEST, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** What happens to people and groups between being made and being made again under the same name. */

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [alice, bob] = [uid('alice'), uid('bob')];
const withBob = conversation('user:bob');
const send = (clientMessageId: string, text: string, to = withBob) =>
  im.messages.send(alice, to, { fields: { text }, clientMessageId });
const texts = async (reader: typeof alice, where = withBob) =>
  (await im.history.page(reader, where, { limit: 100 })).items.map((message) => message.fields.text);
const keysOf = async (name: string) => (await im.redis.keys(`${im.keys.prefix}*${name}*`)).map((key) => key.slice(14));

test('a user made again reads nothing of the former one, and the others still do', async () => {
  const { message } = await send('m-1', 'secret');
  await im.users.remove(alice);
  await im.people('alice');
  assert.deepEqual(await texts(alice), []);
  await assert.rejects(im.history.get(alice, withBob, message.id), { code: 'message_not_found' });
  await assert.rejects(im.editing.erase(alice, withBob, message.id), { code: 'message_not_found' });
  assert.deepEqual((await im.conversations.list(alice, { limit: 9 })).items, []);
  assert.deepEqual(await texts(bob, conversation('user:alice')), ['secret']);
  await im.say('bob', 'user:alice', 'hello, new one');
  assert.deepEqual(await texts(alice), ['hello, new one']);
  const [summary] = (await im.conversations.list(alice, { limit: 9 })).items;
  assert.deepEqual([summary?.unread, summary?.last?.fields.text], [1, 'hello, new one']);
});

test('a clientMessageId of a former user names no message of the new one', async () => {
  await send('m-1', 'mine');
  await im.users.remove(alice);
  await im.people('alice');
  const { created, message } = await send('m-1', 'mine');
  assert.equal(created, true);
  assert.deepEqual(await texts(alice), ['mine']);
  assert.deepEqual((await send('m-1', 'mine')).message.id, message.id, 'and is remembered again');
});

test('a clientMessageId of a former member names no message of the new one', async () => {
  const team = conversation('group:team');
  const join = () => im.members.join(user('alice'), gid('team'), alice);
  await im.team('team', 'bob', 'alice');
  for (const leaves of [false, true]) {
    await send('m-1', 'mine', team);
    if (leaves) await im.members.quit(user('alice'), gid('team'), alice);
    await im.users.remove(alice);
    await im.people('alice');
    await join();
    const { created, message } = await send('m-1', 'mine', team);
    assert.equal(created, true);
    await im.members.quit(user('alice'), gid('team'), alice);
    await join();
    assert.equal((await send('m-1', 'mine', team)).message.id, message.id, 'it is remembered by whoever comes back');
  }
});

test('a user made again is told nothing of what the former one could read', async () => {
  const { message } = await send('m-1', 'for the former one');
  const answer = await im.say('bob', 'user:alice', 'an answer');
  await im.users.remove(bob);
  await im.people('bob');
  await im.editing.edit(alice, withBob, message.id, { text: 'still for the former one' });
  await im.reactions.add(alice, withBob, answer.id, '+1');
  assert.deepEqual((await im.all('bob')).items, []);
  assert.equal((await im.all('alice')).items.at(-1)!.message.action, 'edit');
});

test('a user made again neither edits nor erases what the former one wrote in a group', async () => {
  const team = conversation('group:team');
  const join = () => im.members.join(user('alice'), gid('team'), alice);
  await im.team('team', 'bob', 'alice');
  const former = await im.say('alice', 'group:team', 'of the former one');
  await im.users.remove(alice);
  await im.people('alice');
  await join();
  const own = await im.say('alice', 'group:team', 'of the new one');
  // Who leaves and comes back is the same.
  await im.members.quit(user('alice'), gid('team'), alice);
  await join();
  await assert.rejects(im.editing.edit(alice, team, former.id, { text: 'x' }), { code: 'forbidden' });
  await assert.rejects(im.editing.erase(alice, team, former.id), { code: 'forbidden' });
  assert.equal((await im.editing.edit(alice, team, own.id, { text: 'y' })).fields.text, 'y');
  await im.editing.erase(alice, team, own.id);
  await im.members.change(backend, gid('team'), alice, { role: 'admin' });
  await im.editing.erase(alice, team, former.id);
  assert.deepEqual((await texts(bob, team)).filter(Boolean), []);
});

test('a clientMessageId does not outlive its group', async () => {
  const team = conversation('group:team');
  await im.team('team', 'alice', 'bob');
  await send('m-1', 'in the first', team);
  await im.groups.remove(backend, gid('team'));
  await im.team('team', 'alice', 'bob');
  const again = await send('m-1', 'in the first', team);
  assert.deepEqual([again.created, again.message.action], [true, undefined]);
  assert.deepEqual((await texts(bob, team)).filter(Boolean), ['in the first']);
  assert.equal((await send('m-1', 'in the first', team)).created, false);
});

test('with a stream of the former user open, the new one is not lost data, and is not read by it', async () => {
  const node = await startNode(server, im);
  await im.say('bob', 'user:alice', 'to the former');
  const sink = new TestSink();
  await node.subscribe(alice, sink, OLDEST);
  await sink.messages(1);
  await im.users.remove(alice);
  await im.people('alice');
  await im.say('bob', 'user:alice', 'to the new');
  await sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual([sink.texts, sink.received.at(-1)?.data.reason], [['to the former'], 'user_removed']);
  assert.equal(node.counted.epochMoves, 0);
  await node.stop();
});

test('a user who never had an inbox is told apart from the former one, too', async () => {
  const node = await startNode(server, im);
  const sink = new TestSink();
  await node.subscribe(alice, sink);
  await sink.until((all) => all.length > 0);
  await im.users.remove(alice);
  await im.people('alice');
  await im.say('bob', 'user:alice', 'to the new');
  await sink.until((all) => all.at(-1)?.event === 'bye', 'bye');
  assert.deepEqual(sink.texts, []);
  await node.stop();
});

test("a new user's inbox goes on after a hole, so that no position of the former one is followed up", async () => {
  for (const name of ['alice', 'carol']) {
    if (name === 'alice') await im.say('bob', 'user:alice', 'to the former');
    const former = await im.all(name);
    await im.users.remove(uid(name));
    await im.people(name);
    await im.say('bob', `user:${name}`, 'to the new');
    const page = await im.inbox.page(uid(name), former.next, { count: 9, maxBytes: 1_000 });
    assert.equal(page.beyond, false, 'no data was lost');
    assert.notEqual(page.gap, undefined, 'the first id is no successor of the last one');
    assert.notEqual(page.incarnation, former.incarnation);
    assert.deepEqual(
      page.items.map(({ message }) => message.fields.text),
      ['to the new'],
    );
  }
});

test('nothing that others do brings keys of a removed user back', async () => {
  await im.groups.put(user('bob'), gid('club'), { fields: {}, joinPolicy: 'approval' });
  await im.members.join(user('alice'), gid('club'), alice);
  const { message } = await im.messages.send(bob, conversation('user:alice'), { fields: { text: 'oops' } });
  await im.users.remove(alice);
  assert.deepEqual((await im.members.requests(backend, gid('club'), { limit: 9 })).items, []);
  await im.editing.erase(bob, conversation('user:alice'), message.id);
  await im.members.refuse(user('bob'), gid('club'), alice);
  await assert.rejects(im.members.approve(user('bob'), gid('club'), alice));
  const left = (await keysOf('alice')).filter((key) => /^(u|s|c|rd|gq|rq):/.test(key));
  assert.deepEqual(left, []);
});

test('a user is never gone and an owner at once, whatever comes between', async () => {
  for (let round = 0; round < 60; round++) {
    const [name, group] = [`u${round}`, gid(`g${round}`)];
    await im.people(name);
    await im.team(group, 'carol', name);
    await im.team(`h${round}`, 'carol', name);
    const removal = im.users.remove(uid(name));
    await im.redis.ping();
    for (let i = 0; i < round % 4; i++) await im.redis.ping();
    await im.groups.patch(user('carol'), group, { owner: uid(name) }).catch(() => {});
    const removed = await removal.then(
      () => true,
      () => false,
    );
    const { owner } = await im.groups.get(group);
    assert.equal(owner === name, !removed, `round ${round}: removed ${removed}, owner ${owner}`);
    const members = (await im.members.list(backend, gid(`h${round}`), { limit: 9 })).items.map((member) => member.uid);
    assert.equal(members.includes(uid(name)), !removed);
  }
});

test('a removal that fails half-way says so, is finished by a repeat, and lets nobody in before', async () => {
  await im.team('one', 'carol', 'alice');
  await im.team('two', 'carol', 'alice');
  const log = im.keys.log('gs:two' as never);
  await im.redis.rename(log, `${im.keys.prefix}aside`);
  await im.redis.set(log, 'somebody has overwritten it');
  await assert.rejects(im.users.remove(alice), { code: 'outcome_unknown' });
  await assert.rejects(im.users.get(alice), { code: 'user_not_found' });
  await assert.rejects(im.groups.patch(user('carol'), gid('two'), { owner: alice }), { code: 'user_not_found' });
  await im.redis.rename(`${im.keys.prefix}aside`, log);
  await im.users.remove(alice);
  for (const group of ['one', 'two']) {
    const { items } = await im.members.list(backend, gid(group), { limit: 9 });
    assert.deepEqual(
      items.map((member) => member.uid),
      ['carol'],
    );
  }
  await im.users.remove(alice);
  assert.deepEqual(
    (await keysOf('alice')).filter((key) => /^(u|s|c|rd|rq):/.test(key)),
    [],
  );
});

test('who is made again while the former removal is unfinished starts anew all the same', async () => {
  await im.team('two', 'carol', 'alice');
  const log = im.keys.log('gs:two' as never);
  await im.redis.rename(log, `${im.keys.prefix}aside`);
  await im.redis.set(log, 'somebody has overwritten it');
  await assert.rejects(im.users.remove(alice));
  await im.redis.rename(`${im.keys.prefix}aside`, log);
  await im.people('alice');
  assert.deepEqual((await im.conversations.list(alice, { limit: 9 })).items, []);
  await assert.rejects(im.history.page(alice, conversation('group:two'), { limit: 9 }), { code: 'not_member' });
});
