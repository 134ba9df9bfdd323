import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { server as backend, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** What somebody has left is remembered, so that what it wrote there is found. */

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [team, bob] = [gid('team'), uid('bob')];
const left = async (name = 'bob') => Object.keys(await im.redis.hgetall(im.keys.left(uid(name))));

test('whoever quits, is removed or is banned has left the group, until it is a member again', async () => {
  await im.team('team', 'alice', 'bob');
  assert.deepEqual(await left(), []);
  const ways = [
    () => im.members.quit(user('bob'), team, bob),
    () => im.members.quit(user('alice'), team, bob),
    () => im.bans.ban(user('alice'), team, bob),
  ];
  for (const leave of ways) {
    await leave();
    assert.deepEqual(await left(), ['gs:team']);
    await im.bans.lift(backend, team, bob);
    if (leave === ways[0]) await im.members.add(backend, team, [bob]);
    else await im.members.join(backend, team, bob);
    assert.deepEqual(await left(), []);
  }
  assert.deepEqual(await left('alice'), []);
});

test('a ban of somebody who was no member, and the end of a group, leave nothing', async () => {
  await im.team('team', 'alice', 'carol');
  await im.bans.ban(user('alice'), team, bob);
  await im.groups.remove(user('alice'), team);
  for (const name of ['alice', 'bob', 'carol']) assert.deepEqual(await left(name), [], name);
});

test('a group is told apart from a former one of its name', async () => {
  await im.team('team', 'alice', 'bob');
  await im.members.quit(user('bob'), team, bob);
  const { incarnation } = await im.redis.hgetall(im.keys.group(team));
  assert.equal(await im.redis.hget(im.keys.left(bob), 'gs:team'), incarnation);
  await im.groups.remove(user('alice'), team);
  await im.team('team', 'bob');
  assert.deepEqual(await left(), [], 'who makes it anew has not left it');
});

test('a removed user has left nothing', async () => {
  await im.team('team', 'alice', 'bob');
  await im.team('club', 'alice', 'bob');
  await im.members.quit(user('bob'), team, bob);
  await im.users.remove(bob);
  assert.equal(await im.redis.exists(im.keys.left(bob)), 0);
});

test('what a former user wrote in a former group of the name does not count for the new ones', async () => {
  const toTeam = conversation('group:team');
  const join = () => im.members.join(user('bob'), team, bob);
  const quit = () => im.members.quit(user('bob'), team, bob);
  const ways: [leaves: boolean, owner: string, other: string][] = [
    [true, 'alice', 'bob'],
    [false, 'alice', 'bob'],
    [true, 'bob', 'alice'],
  ];
  for (const [leaves, owner, other] of ways) {
    await im.users.remove(bob);
    await im.people('bob');
    // A clock that went back: the ids of the former group lie beyond those of the new one.
    await im.team('team', 'alice');
    await im.redis.xadd(im.keys.log('gs:team' as never), '9999999999999-3', 'uid', 'alice', 'n', '1', 'text', 'x');
    await join();
    if (leaves) await quit();
    await im.groups.remove(backend, team);
    await im.team('team', owner, other);
    const send = () => im.messages.send(bob, toTeam, { fields: { text: 'x' }, clientMessageId: 'm-1' });
    assert.equal((await send()).message.id, (await send()).message.id);
    await im.groups.remove(backend, team);
  }
});
