import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { loadFunctions } from '../../helpers/functions.ts';
import { server as backend, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** There is no way around a ban. */

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol', 'mallory'));

const [team, mallory] = [gid('team'), uid('mallory')];
const actions = async (name: string) =>
  (await im.all(name)).items.map(({ message: { action, from, by } }) =>
    [action ?? 'message', from, by].filter(Boolean).join(' '),
  );
const banned = async () => (await im.bans.list(backend, team, { limit: 10 })).items.map((ban) => ban.uid);

test('a ban takes a member out at once, and everybody is told, once', async () => {
  await im.team('team', 'alice', 'bob', 'mallory');
  await im.members.change(user('alice'), team, uid('bob'), { role: 'admin' });
  const { ban, created } = await im.bans.ban(user('bob'), team, mallory);
  assert.deepEqual([ban.uid, created], ['mallory', true]);
  assert.deepEqual(await im.bans.ban(user('bob'), team, mallory), { ban, created: false });
  for (const name of ['alice', 'bob', 'mallory']) assert.equal((await actions(name)).at(-1), 'ban mallory bob');
  const sees = () => im.history.page(mallory, conversation('group:team'), { limit: 5 });
  await assert.rejects(sees(), { code: 'not_member' });
  await assert.rejects(im.say('mallory', 'group:team', 'still here'), { code: 'not_member' });
  assert.deepEqual((await im.conversations.list(mallory, { limit: 5 })).items, []);
  assert.deepEqual((await im.contacts.list(mallory, { limit: 5 })).items, []);
  assert.equal((await im.groups.get(team)).members, 2);
});

test('until it is lifted nobody gets in who is banned, by whatever way', async () => {
  await im.team('team', 'alice');
  await im.bans.ban(user('alice'), team, mallory);
  assert.deepEqual(await actions('alice'), ['create alice'], 'who was no member is missed by none');
  const fcall = await loadFunctions(im.redis, im.keys);
  const ways = {
    join: () => im.members.join(user('mallory'), team, mallory),
    'being added by the owner': () => im.members.join(user('alice'), team, mallory),
    'being added by the server': () => im.members.join(backend, team, mallory),
  };
  for (const joinPolicy of ['open', 'approval', 'closed'] as const) {
    await im.groups.patch(backend, team, { joinPolicy });
    for (const [way, join] of Object.entries(ways)) await assert.rejects(join(), { code: 'banned' }, way);
    const [result] = await im.members.add(backend, team, [mallory]);
    assert.equal(result && 'error' in result && result.error.code, 'banned');
    await assert.rejects(fcall('im_join', 'mallory', 'team'), /^ReplyError: BANNED team: /);
  }
  assert.deepEqual(await im.redis.smembers(im.keys.members(team)), ['alice']);
  assert.deepEqual(await im.redis.exists(im.keys.requests(team)), 0);

  await im.groups.patch(backend, team, { joinPolicy: 'open' });
  await im.bans.lift(user('alice'), team, mallory);
  await im.bans.lift(user('alice'), team, mallory);
  assert.deepEqual(await banned(), []);
  assert.equal((await im.members.join(user('mallory'), team, mallory)).outcome, 'joined');
});

test('a request to join is dropped, and can not be approved', async () => {
  await im.groups.put(user('alice'), team, { fields: {}, joinPolicy: 'approval' });
  await im.members.join(user('mallory'), team, mallory);
  await im.bans.ban(user('alice'), team, mallory);
  assert.deepEqual((await im.members.requests(backend, team, { limit: 5 })).items, []);
  assert.equal(await im.redis.exists(im.keys.requested(mallory)), 0);
  await assert.rejects(im.members.approve(user('alice'), team, mallory), { code: 'banned' });
  await assert.rejects(im.members.join(user('mallory'), team, mallory), { code: 'banned' });
});

test('the owner can not be banned, admins by the owner alone, and who is banned has to exist', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  for (const name of ['bob', 'carol']) {
    await im.members.change(user('alice'), team, uid(name), { role: 'admin' });
  }
  await assert.rejects(im.bans.ban(user('bob'), team, uid('carol')), { code: 'not_owner' });
  await assert.rejects(im.bans.ban(user('bob'), team, uid('alice')), { code: 'not_owner' });
  for (const actor of [user('alice'), backend]) {
    await assert.rejects(im.bans.ban(actor, team, uid('alice')), { code: 'owner_must_hand_over' });
  }
  await assert.rejects(im.bans.ban(user('alice'), team, uid('nobody')), { code: 'user_not_found' });
  await assert.rejects(im.bans.ban(user('alice'), gid('none'), mallory), { code: 'group_not_found' });
  await assert.rejects(im.bans.lift(user('alice'), gid('none'), mallory), { code: 'group_not_found' });
  await im.bans.ban(user('alice'), team, uid('carol'));
  assert.deepEqual(await im.redis.hgetall(im.keys.roles(team)), { bob: 'admin 0' }, 'the role is gone, too');
});

test('bans are listed by their time, for admins', async () => {
  await im.team('team', 'alice', 'bob');
  await im.bans.ban(backend, team, uid('carol'));
  await im.bans.ban(backend, team, mallory);
  const first = await im.bans.list(user('alice'), team, { limit: 1 });
  const second = await im.bans.list(user('alice'), team, { limit: 1, after: first.next });
  assert.deepEqual([...first.items, ...second.items].map((ban) => ban.uid).sort(), ['carol', 'mallory']);
  assert.equal(second.next, undefined);
  await assert.rejects(im.bans.list(user('bob'), team, { limit: 1 }), { code: 'not_admin' });
});

test('bans go with the group, and with the user', async () => {
  await im.team('team', 'alice');
  await im.team('club', 'alice');
  for (const group of [team, gid('club')]) await im.bans.ban(backend, group, mallory);
  await im.groups.remove(backend, gid('club'));
  assert.deepEqual(await im.redis.smembers(im.keys.sanctions(mallory)), ['team']);
  await im.users.remove(mallory);
  assert.deepEqual(await banned(), []);
  await im.people('mallory');
  assert.equal((await im.members.join(user('mallory'), team, mallory)).outcome, 'joined');
  const left = await im.redis.keys(`${im.keys.prefix}*`);
  assert.deepEqual(
    left.filter((key) => /:(gb|sn):/.test(key)),
    [],
  );
});
