import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { loadFunctions } from '../../helpers/functions.ts';
import { server as backend, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Admins, and who is silenced. Who may do what is in ../groups/policy.test.ts. */

const { im } = useIm();
beforeEach(async () => {
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob', 'carol');
});

const [team, bob, carol] = [gid('team'), uid('bob'), uid('carol')];
const toTeam = conversation('group:team');
const LATER = Date.parse('2100-01-01T00:00:00Z');
const told = async (name: string) =>
  (await im.all(name)).items.map(({ message: { action, from, by, fields } }) =>
    [action ?? 'message', from, by, ...Object.values(fields)].filter(Boolean).join(' '),
  );
const appoint = (name: string) => im.members.change(user('alice'), team, uid(name), { role: 'admin' });
const silence = (name: string, silencedUntilMs = LATER) =>
  im.members.change(user('alice'), team, uid(name), { silencedUntilMs });
const standings = async () =>
  (await im.members.list(backend, team, { limit: 9 })).items.map(({ uid, role, silencedUntil = '' }) =>
    `${uid} ${role} ${silencedUntil}`.trim(),
  );

test('the owner makes admins, all members are told, and no change is no event', async () => {
  assert.deepEqual(await appoint('bob'), { uid: 'bob', role: 'admin' });
  const { length } = await told('carol');
  assert.deepEqual(await appoint('bob'), { uid: 'bob', role: 'admin' });
  assert.equal((await told('carol')).length, length);
  assert.deepEqual(await standings(), ['alice owner', 'bob admin', 'carol member']);
  assert.deepEqual(await im.members.get(user('carol'), team, bob), { uid: 'bob', role: 'admin' });
  for (const name of ['alice', 'bob', 'carol']) {
    assert.deepEqual((await told(name)).slice(-1), ['role bob alice admin']);
  }
  await im.members.change(backend, team, bob, { role: 'member' });
  assert.deepEqual((await told('carol')).slice(-2), ['role bob alice admin', 'role bob member']);
  assert.equal(await im.redis.exists(im.keys.roles(team)), 0, 'of a plain member nothing is kept');
});

test('who is silenced sends nothing until then, reads, and may leave', async () => {
  const before = await im.say('bob', 'group:team', 'before');
  const first = { fields: { text: 'sent' }, clientMessageId: 'c1' };
  await im.messages.send(bob, toTeam, first);
  assert.deepEqual(await silence('bob'), { uid: 'bob', role: 'member', silencedUntil: '2100-01-01T00:00:00.000Z' });
  assert.deepEqual((await told('bob')).at(-1), 'silence bob alice 2100-01-01T00:00:00.000Z');
  await assert.rejects(im.say('bob', 'group:team', 'now'), (error: Error) => {
    return /until 2100-01-01T00:00:00.000Z/.test(error.message) && 'code' in error && error.code === 'silenced';
  });
  const [batched] = await im.messages.sendMany([{ uid: bob, conversation: toTeam, fields: { text: 'x' } }]);
  assert.equal(batched && 'error' in batched && batched.error.code, 'silenced');
  const fcall = await loadFunctions(im.redis, im.keys);
  await assert.rejects(fcall('im_gsend', 'bob', 'team', 'text', 'x'), /^ReplyError: SILENCED team 4102444800000: /);
  assert.equal((await im.messages.send(bob, toTeam, first)).created, false, 'a repeat is answered as before');
  assert.equal((await im.history.get(bob, toTeam, before.id)).fields.text, 'before');
  await im.say('bob', 'user:alice', 'why?');
  assert.equal((await im.members.change(user('alice'), team, bob, { silencedUntilMs: 0 })).silencedUntil, undefined);
  assert.deepEqual((await told('carol')).at(-1), 'silence bob alice');
  await im.say('bob', 'group:team', 'thanks');
  await silence('bob');
  await im.members.quit(user('bob'), team, bob);
});

test('a silence ends by itself, and one that has ended is none', async () => {
  await silence('bob');
  await im.redis.hset(im.keys.roles(team), 'bob', `member ${Date.now() - 1}`);
  assert.deepEqual(await standings(), ['alice owner', 'bob member', 'carol member']);
  await im.say('bob', 'group:team', 'back');
  const { length } = await told('carol');
  assert.deepEqual(await silence('carol', Date.now() - 60_000), { uid: 'carol', role: 'member' });
  assert.equal((await told('carol')).length, length, 'a time that has passed silences nobody');
});

test('nobody escapes a silence by leaving and coming back', async () => {
  const silencedUntil = '2100-01-01T00:00:00.000Z';
  const still = { uid: 'bob', role: 'member', silencedUntil };
  await appoint('bob');
  await silence('bob');
  await im.members.quit(user('bob'), team, bob);
  assert.deepEqual((await im.members.join(user('bob'), team, bob)) as object, { outcome: 'joined', member: still });
  await assert.rejects(im.say('bob', 'group:team', 'x'), { code: 'silenced' });
  await im.members.quit(user('alice'), team, bob);
  assert.deepEqual((await im.members.add(backend, team, [bob])) as object[], [
    { uid: 'bob', member: still, created: true },
  ]);
  await im.members.quit(user('bob'), team, bob);
  await im.bans.ban(user('alice'), team, bob);
  await im.bans.lift(user('alice'), team, bob);
  await im.members.join(user('bob'), team, bob);
  await im.say('bob', 'group:team', 'a ban has taken its place');

  await silence('bob');
  await im.members.quit(user('bob'), team, bob);
  await im.users.remove(bob);
  await im.people('bob');
  await im.members.join(user('bob'), team, bob);
  await im.say('bob', 'group:team', 'another bob');
  await silence('carol');
  await im.members.quit(user('carol'), team, carol);
  assert.equal(await im.redis.exists(im.keys.sanctions(carol)), 1);
  await im.groups.remove(backend, team);
  assert.equal(await im.redis.exists(im.keys.sanctions(carol), im.keys.sanctions(bob)), 0);
});

test('the role of a silenced member changes, and a silenced admin stays one', async () => {
  await silence('bob');
  await appoint('bob');
  assert.deepEqual(await im.redis.hgetall(im.keys.roles(team)), { bob: `admin ${LATER}` });
  await assert.rejects(im.say('bob', 'group:team', 'x'), { code: 'silenced' });
  const both = await im.members.change(backend, team, bob, { role: 'member', silencedUntilMs: 0 });
  assert.deepEqual(both, { uid: 'bob', role: 'member' });
});

test('the owner has no other role, is never silenced, and a new one is as free', async () => {
  for (const actor of [user('alice'), backend]) {
    for (const change of [{ role: 'member' as const }, { silencedUntilMs: LATER }]) {
      await assert.rejects(im.members.change(actor, team, uid('alice'), change), { code: 'owner_must_hand_over' });
    }
  }
  await appoint('bob');
  await silence('bob');
  await im.groups.patch(user('alice'), team, { owner: bob });
  await im.say('bob', 'group:team', 'mine');
  assert.deepEqual(await standings(), ['alice member', 'bob owner', 'carol member']);
  await im.groups.patch(user('bob'), team, { owner: uid('alice') });
  assert.deepEqual(await standings(), ['alice owner', 'bob member', 'carol member']);
});

test('a role goes with the membership, the group, and the user', async () => {
  for (const name of ['bob', 'carol']) await appoint(name);
  await im.members.quit(user('bob'), team, bob);
  await im.members.join(user('bob'), team, bob);
  assert.deepEqual(await standings(), ['alice owner', 'bob member', 'carol admin']);
  await im.users.remove(carol);
  assert.equal(await im.redis.exists(im.keys.roles(team)), 0);
  await appoint('bob');
  await im.groups.remove(user('alice'), team);
  assert.equal(await im.redis.exists(im.keys.roles(team)), 0);
});

test('where only admins post, others do not, nor by a function', async () => {
  await im.say('carol', 'group:team', 'before');
  await im.groups.patch(user('alice'), team, { postPolicy: 'admins' });
  await appoint('bob');
  await im.say('alice', 'group:team', 'news');
  await im.say('bob', 'group:team', 'more news');
  await assert.rejects(im.say('carol', 'group:team', 'mine'), { code: 'posting_restricted' });
  const fcall = await loadFunctions(im.redis, im.keys);
  await assert.rejects(fcall('im_gsend', 'carol', 'team', 'text', 'x'), /^ReplyError: POSTING_RESTRICTED team: /);
  await im.groups.patch(user('alice'), team, { postPolicy: 'members' });
  await im.say('carol', 'group:team', 'me too');
});

test('an admin who refuses a request is named, beside the owner in whose chat it is', async () => {
  await im.people('dave');
  await appoint('bob');
  await im.groups.patch(user('alice'), team, { joinPolicy: 'approval' });
  await im.members.join(user('dave'), team, uid('dave'));
  await im.members.refuse(user('bob'), team, uid('dave'));
  assert.deepEqual((await told('dave')).at(-1), 'refuse alice bob team');
});
