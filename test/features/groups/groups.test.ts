import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { server as backend, conversation, gid, startIm, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const team = gid('team');
/** What has happened to somebody: `action from fields`. */
const events = async (name: string) =>
  (await im.all(name)).items.map(({ message }) =>
    [message.action ?? 'message', message.from, message.by, ...Object.values(message.fields)].filter(Boolean).join(' '),
  );
const members = async () =>
  (await im.members.list(backend, team, { limit: 100 })).items.map((member) => `${member.uid} ${member.role}`);

test('a group belongs to the user who makes it; the server names an owner', async () => {
  const { group, created } = await im.groups.put(user('alice'), team, { fields: { name: 'Team' } });
  assert.equal(created, true);
  assert.deepEqual(
    { ...group, fields: { ...group.fields }, createdAt: '' },
    {
      gid: 'team',
      owner: 'alice',
      fields: { name: 'Team' },
      joinPolicy: 'open',
      postPolicy: 'members',
      historyPolicy: 'all',
      kind: 'group',
      members: 1,
      createdAt: '',
    },
  );
  assert.deepEqual(await im.groups.get(team), group);
  assert.deepEqual(await events('alice'), ['create alice']);
  await assert.rejects(im.groups.put(backend, gid('g2'), { fields: {} }), { code: 'invalid_request' });
  await assert.rejects(im.groups.put(user('bob'), gid('g2'), { fields: {}, owner: uid('alice') }), {
    code: 'forbidden',
  });
  await assert.rejects(im.groups.put(backend, gid('g2'), { fields: {}, owner: uid('nobody') }), {
    code: 'user_not_found',
  });
  assert.equal((await im.groups.put(backend, gid('g2'), { fields: {}, owner: uid('bob') })).group.owner, 'bob');
});

test('only the owner and admins change it, members hear of it, and no change is no event', async () => {
  await im.team('team', 'alice', 'bob');
  await assert.rejects(im.groups.put(user('bob'), team, { fields: { name: 'Mine' } }), { code: 'not_admin' });
  await assert.rejects(im.groups.patch(user('bob'), team, { joinPolicy: 'closed' }), { code: 'not_owner' });
  await im.groups.put(user('alice'), team, { fields: { name: 'A', color: 'red' }, joinPolicy: 'approval' });
  const heard = (await events('bob')).length;
  const again = await im.groups.put(user('alice'), team, { fields: { color: 'red', name: 'A' } });
  assert.equal(again.created, false);
  assert.equal(again.group.joinPolicy, 'approval', 'absent means unchanged');
  assert.equal((await events('bob')).length, heard, 'nothing changed, nothing told');
  const patched = await im.groups.patch(user('alice'), team, { fields: { color: null, size: '3' } });
  assert.deepEqual({ ...patched.fields }, { name: 'A', size: '3' });
  assert.equal((await events('bob')).length, heard + 1);
  await assert.rejects(im.groups.patch(user('alice'), team, { fields: { master: 'bob' } }), { code: 'reserved_field' });
  await assert.rejects(im.groups.patch(user('alice'), gid('none'), {}), { code: 'group_not_found' });
});

test('joining is told once, to everybody', async () => {
  await im.team('team', 'alice');
  assert.equal((await im.members.join(user('bob'), team, uid('bob'))).outcome, 'joined');
  assert.equal((await im.members.join(user('bob'), team, uid('bob'))).outcome, 'already');
  assert.deepEqual(await events('alice'), ['create alice', 'join bob']);
  assert.deepEqual(await events('bob'), ['join bob']);
  await assert.rejects(im.members.join(user('bob'), team, uid('carol')), { code: 'not_admin' });
  await im.members.join(user('alice'), team, uid('carol'));
  assert.deepEqual(await events('carol'), ['join carol alice']);
  assert.deepEqual(await members(), ['alice owner', 'bob member', 'carol member']);
  await assert.rejects(im.members.join(user('bob'), team, uid('nobody')), { code: 'not_admin' });
  await assert.rejects(im.members.join(user('alice'), team, uid('nobody')), { code: 'user_not_found' });
  const contacts = await im.contacts.list(uid('bob'), { limit: 10 });
  assert.deepEqual(
    contacts.items.map((contact) => contact.conversation),
    ['group:team'],
  );
});

test('a join follows the policy: approval asks the owner, closed refuses', async () => {
  await im.groups.put(user('alice'), team, { fields: {}, joinPolicy: 'approval' });
  assert.equal((await im.members.join(user('bob'), team, uid('bob'))).outcome, 'requested');
  assert.equal((await im.members.join(user('bob'), team, uid('bob'))).outcome, 'requested');
  assert.deepEqual(await events('alice'), ['create alice', 'request bob team'], 'asked once');
  assert.deepEqual(await members(), ['alice owner']);
  await assert.rejects(im.members.requests(user('bob'), team, { limit: 5 }), { code: 'not_admin' });
  assert.deepEqual(
    (await im.members.requests(user('alice'), team, { limit: 5 })).items.map((r) => r.uid),
    ['bob'],
  );
  await assert.rejects(im.members.approve(user('bob'), team, uid('bob')), { code: 'not_admin' });
  await assert.rejects(im.members.approve(user('alice'), team, uid('carol')), { code: 'request_not_found' });
  assert.deepEqual(await im.members.approve(user('alice'), team, uid('bob')), {
    member: { uid: 'bob', role: 'member' },
    created: true,
  });
  assert.equal((await im.members.requests(backend, team, { limit: 5 })).items.length, 0);
  await im.members.join(user('carol'), team, uid('carol'));
  await assert.rejects(im.members.refuse(user('bob'), team, uid('carol')), { code: 'not_admin' });
  await im.members.refuse(user('alice'), team, uid('carol'));
  assert.deepEqual(await events('carol'), ['request carol team', 'refuse alice team']);
  await im.members.refuse(user('carol'), team, uid('carol'));
  await im.groups.patch(user('alice'), team, { joinPolicy: 'closed' });
  await assert.rejects(im.members.join(user('carol'), team, uid('carol')), { code: 'join_closed' });
  assert.equal((await im.members.join(backend, team, uid('carol'))).outcome, 'joined');
});

test('leaving: oneself, by the owner, never the owner', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  await assert.rejects(im.members.quit(user('bob'), team, uid('carol')), { code: 'not_admin' });
  await assert.rejects(im.members.quit(user('alice'), team, uid('alice')), { code: 'owner_must_hand_over' });
  await im.members.quit(user('bob'), team, uid('bob'));
  await im.members.quit(user('bob'), team, uid('bob'));
  await im.members.quit(user('alice'), team, uid('carol'));
  assert.deepEqual((await events('carol')).slice(-2), ['quit bob', 'quit carol alice']);
  assert.equal((await events('bob')).at(-1), 'quit bob', 'his other devices hear of it');
  assert.deepEqual(await members(), ['alice owner']);
  assert.deepEqual((await im.conversations.list(uid('bob'), { limit: 5 })).items, []);
  assert.deepEqual((await im.contacts.list(uid('bob'), { limit: 5 })).items, []);
});

test('the owner hands over to a member, then may leave', async () => {
  await im.team('team', 'alice', 'bob');
  await assert.rejects(im.groups.patch(user('alice'), team, { owner: uid('carol') }), { code: 'member_not_found' });
  await assert.rejects(im.groups.put(user('alice'), team, { fields: {}, owner: uid('bob') }), {
    code: 'owner_unchanged',
  });
  assert.equal((await im.groups.patch(user('alice'), team, { owner: uid('bob') })).owner, 'bob');
  assert.equal((await events('bob')).at(-1), 'owner alice bob');
  await im.members.quit(user('alice'), team, uid('alice'));
  assert.deepEqual(await members(), ['bob owner']);
});

test('a group has a largest size', async (t) => {
  const small = await startIm(server, { groupMax: 2 });
  t.after(() => small.close());
  await small.people('a', 'b', 'c');
  await small.team('g', 'a', 'b');
  await assert.rejects(small.members.join(user('c'), gid('g'), uid('c')), { code: 'group_full' });
});

test('a removed group leaves no key, and every member is told, online or not', async () => {
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'group:team', 'hi');
  await assert.rejects(im.groups.remove(user('bob'), team), { code: 'not_owner' });
  await im.groups.remove(user('alice'), team);
  assert.deepEqual(await im.redis.keys(`${im.keys.prefix}g*`), []);
  const bob = (await im.all('bob')).items.map(({ message }) => [message.action, message.conversation, message.from]);
  assert.deepEqual(bob, [
    ['gone', 'group:team', undefined],
    ['gone', 'group:team', undefined],
    ['delete', 'group:team', 'alice'],
  ]);
  assert.deepEqual((await im.conversations.list(uid('bob'), { limit: 5 })).items, []);
  await im.groups.remove(user('alice'), team);
});

test('a removed user leaves memberships, contacts, inbox and fields; messages to others stay', async () => {
  await im.team('team', 'alice', 'bob');
  await im.contacts.link(uid('bob'), uid('alice'));
  await im.say('bob', 'user:alice', 'bye');
  await assert.rejects(im.users.remove(uid('alice')), { code: 'owner_must_hand_over' });
  assert.deepEqual(await members(), ['alice owner', 'bob member']);
  await im.users.remove(uid('bob'));
  const left = (await im.redis.keys(`${im.keys.prefix}*:bob`)).map((key) => key.slice(im.keys.prefix.length));
  assert.deepEqual(left.sort(), ['ds:alice:bob', 'fl:bob', 'ru:bob'], 'and where a new user of the name starts');
  assert.deepEqual(await members(), ['alice owner']);
  const kept = await im.history.page(uid('alice'), conversation('user:bob'), { limit: 5 });
  assert.deepEqual(kept.items.map((message) => [message.from, message.fields.text]).at(-1), ['bob', 'bye']);
  await assert.rejects(im.say('alice', 'user:bob', 'there?'), { code: 'user_not_found' });
  await im.users.remove(uid('bob'));
  await assert.rejects(im.users.remove(uid('nobody')), { code: 'user_not_found' });
});
