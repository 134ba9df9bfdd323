import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { loadFunctions } from '../../helpers/functions.ts';
import { server as backend, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Where `historyPolicy` is `joined`, who joins reads what comes from then on, by whatever way. */

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [team, bob, carol] = [gid('team'), uid('bob'), uid('carol')];
const toTeam = conversation('group:team');
const sees = async (name: string) =>
  (await im.history.page(uid(name), toTeam, { limit: 50 })).items.map(({ action, fields }) => action ?? fields.text);
const secretive = () => im.groups.patch(user('alice'), team, { historyPolicy: 'joined' });

test('who joins sees the join and what follows, nothing before', async () => {
  await im.team('team', 'alice', 'bob');
  const before = await im.say('alice', 'group:team', 'secret');
  await secretive();
  await im.members.join(user('carol'), team, carol);
  const after = await im.say('alice', 'group:team', 'hello');
  assert.deepEqual(await sees('carol'), ['join', 'hello']);
  assert.deepEqual(await sees('bob'), ['create', 'join', 'secret', 'update', 'join', 'hello'], 'as before');
  const forward = await im.history.page(carol, toTeam, { after: '0-1' as never, limit: 1 });
  assert.deepEqual(
    forward.items.map(({ action }) => action),
    ['join'],
  );
  const back = await im.history.page(carol, toTeam, { before: after.id, limit: 1 });
  assert.deepEqual([back.items[0]?.action, back.next], ['join', undefined]);
  for (const refused of [
    () => im.history.get(carol, toTeam, before.id),
    () => im.editing.erase(carol, toTeam, before.id),
    () => im.conversations.markRead(carol, toTeam, before.id),
  ]) {
    await assert.rejects(refused(), { code: 'message_not_found' });
  }
  const fcall = await loadFunctions(im.redis, im.keys);
  const read = (mid: string) => fcall('im_message', 'carol', 'GROUP', 'team', mid);
  await assert.rejects(read(before.id), /MESSAGE_NOT_FOUND/);
  await read(after.id);
  const [summary] = (await im.conversations.list(carol, { limit: 5 })).items;
  assert.deepEqual([summary?.unread, summary?.last?.fields.text], [1, 'hello']);
});

test('all ways in set it: a function, an approval, being added alone or with others', async () => {
  await im.people('dave', 'erin', 'frank');
  await im.team('team', 'alice');
  await secretive();
  const fcall = await loadFunctions(im.redis, im.keys);
  await fcall('im_join', 'bob', 'team');
  assert.deepEqual(await sees('bob'), ['join']);
  await im.groups.patch(user('alice'), team, { joinPolicy: 'approval' });
  await im.members.join(user('carol'), team, carol);
  await im.members.approve(user('alice'), team, carol);
  assert.deepEqual(await sees('carol'), ['join']);
  await im.members.join(backend, team, uid('dave'));
  assert.deepEqual(await sees('dave'), ['join']);
  await im.members.add(backend, team, [uid('erin'), uid('frank')]);
  assert.deepEqual(await sees('erin'), ['join']);
  assert.deepEqual(await sees('frank'), ['join']);
});

test('who comes back sees what anybody sees who joins then', async () => {
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'group:team', 'one');
  await secretive();
  await im.members.quit(user('bob'), team, bob);
  await im.say('alice', 'group:team', 'two');
  await im.members.join(user('bob'), team, bob);
  assert.deepEqual(await sees('bob'), ['join']);
  await im.groups.patch(user('alice'), team, { historyPolicy: 'all' });
  assert.deepEqual(await sees('bob'), ['join', 'update'], 'it is decided by the join');
  await im.members.quit(user('bob'), team, bob);
  await im.members.join(user('bob'), team, bob);
  assert.equal((await sees('bob')).length, 10);
});

test('what was kept of it goes with the membership and the group', async () => {
  await im.team('team', 'alice');
  await secretive();
  await im.members.join(user('bob'), team, bob);
  await im.members.join(user('carol'), team, carol);
  assert.equal(await im.redis.hexists(im.keys.floors(bob), 'gs:team'), 1);
  await im.members.quit(user('bob'), team, bob);
  await im.groups.remove(backend, team);
  assert.equal(await im.redis.exists(im.keys.floors(bob), im.keys.floors(carol)), 0);
});

test('an edit of what one may not read does not arrive', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'secret');
  await secretive();
  await im.members.join(user('carol'), team, carol);
  await im.editing.edit(uid('alice'), toTeam, id, { text: 'a better secret' });
  const actions = async (name: string) => (await im.all(name)).items.map(({ message }) => message.action);
  assert.deepEqual(await actions('carol'), ['join']);
  assert.equal((await actions('bob')).at(-1), 'edit');
});
