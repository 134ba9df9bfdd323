import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

const lastAction = async (uid: string) => {
  const { body } = await service.server.get(`/v1/users/${uid}/inbox?start=0&block=0&count=100`).expect(200);
  return body.items.at(-1)?.action;
};

test('a user creates a group and owns it, then replaces its fields; nobody else does', async () => {
  await service.people('alice', 'bob');
  const [alice, bob] = [await service.user('alice'), await service.user('bob')];
  const created = await alice.put('/v1/groups/team', { fields: { title: 'Team', color: 'red' } }).expect(201);
  const { createdAt, ...rest } = created.body;
  assert.ok(Date.parse(createdAt));
  const fields = { title: 'Team', color: 'red' };
  const policies = { joinPolicy: 'open', postPolicy: 'members', historyPolicy: 'all', kind: 'group' };
  assert.deepEqual(rest, { gid: 'team', owner: 'alice', fields, ...policies, members: 1 });
  const replaced = await alice.put('/v1/groups/team', { fields: { title: 'A' }, joinPolicy: 'closed' }).expect(200);
  assert.deepEqual(replaced.body, { ...created.body, fields: { title: 'A' }, joinPolicy: 'closed' });
  // An absent joinPolicy means unchanged.
  const kept = await alice.put('/v1/groups/team', { fields: { title: 'B' } }).expect(200);
  assert.equal(kept.body.joinPolicy, 'closed');
  const refused = await bob.put('/v1/groups/team', { fields: { title: 'mine' } }).expect(403);
  assert.equal(refused.body.code, 'not_admin');
  // Anybody may read it.
  assert.deepEqual((await bob.get('/v1/groups/team').expect(200)).body, kept.body);
  assert.equal((await bob.get('/v1/groups/nothing').expect(404)).body.code, 'group_not_found');
});

test('a server key names the owner, who exists; a user names nobody else', async () => {
  await service.people('carol', 'dave');
  const unnamed = await service.server.put('/v1/groups/g1', { fields: {} }).expect(400);
  assert.equal(unnamed.body.code, 'invalid_request');
  assert.match(unnamed.body.detail, /owner/);
  const unknown = await service.server.put('/v1/groups/g1', { fields: {}, owner: 'nobody' }).expect(404);
  assert.equal(unknown.body.code, 'user_not_found');
  const carol = await service.user('carol');
  assert.equal((await carol.put('/v1/groups/g1', { fields: {}, owner: 'dave' }).expect(403)).body.code, 'forbidden');
  await service.server.get('/v1/groups/g1').expect(404);
  await service.server.put('/v1/groups/g1', { fields: {}, owner: 'carol' }).expect(201);
  const changed = await service.server.put('/v1/groups/g1', { fields: {}, owner: 'dave' }).expect(409);
  assert.equal(changed.body.code, 'owner_unchanged');
});

test('PATCH merges fields, changes the policy, hands over; members are told', async () => {
  await service.people('emma', 'finn', 'greg');
  await service.team('crew', 'emma', 'finn');
  const emma = await service.user('emma');
  const merged = await emma.patch('/v1/groups/crew', { fields: { title: 'Crew', color: null } }).expect(200);
  assert.deepEqual(merged.body.fields, { title: 'Crew' });
  assert.equal(await lastAction('finn'), 'update');
  const policy = await emma.patch('/v1/groups/crew', { joinPolicy: 'approval' }).expect(200);
  assert.deepEqual([policy.body.joinPolicy, policy.body.fields], ['approval', { title: 'Crew' }]);
  const outsider = await emma.patch('/v1/groups/crew', { owner: 'greg' }).expect(404);
  assert.equal(outsider.body.code, 'member_not_found');
  const handed = await emma.patch('/v1/groups/crew', { owner: 'finn' }).expect(200);
  assert.equal(handed.body.owner, 'finn');
  assert.equal(await lastAction('emma'), 'owner');
  const former = await emma.patch('/v1/groups/crew', { fields: { title: 'still mine' } }).expect(403);
  assert.equal(former.body.code, 'not_admin');
  await service.server.patch('/v1/groups/crew', {}).expect(400);
  await service.server.patch('/v1/groups/none', { joinPolicy: 'open' }).expect(404);
  await service.server.patch('/v1/groups/crew', { joinPolicy: 'sometimes' }).expect(400);
});

test("reserved names of a group's fields are refused", async () => {
  await service.people('hans');
  for (const name of ['master', 'joinPolicy', 'createdAt']) {
    const { body } = await service.server
      .put('/v1/groups/mine', { fields: { [name]: 'mallory' }, owner: 'hans' })
      .expect(422);
    assert.equal(body.code, 'reserved_field');
  }
  await service.server.get('/v1/groups/mine').expect(404);
});

test('DELETE tells the members and removes every key of the group', async () => {
  await service.people('ida', 'jan', 'kim');
  await service.team('temp', 'ida', 'jan');
  await service.server.patch('/v1/groups/temp', { joinPolicy: 'approval' }).expect(200);
  await (await service.user('kim')).put('/v1/groups/temp/members/kim').expect(202);
  const jan = await service.user('jan');
  assert.equal((await jan.delete('/v1/groups/temp').expect(403)).body.code, 'not_owner');
  await (await service.user('ida')).delete('/v1/groups/temp').expect(204, '');
  assert.equal(await lastAction('jan'), 'delete');
  await (await service.user('ida')).delete('/v1/groups/temp').expect(204, '');
  const { body } = await service.server.get('/v1/users/jan/inbox?start=0&block=0').expect(200);
  assert.equal(body.items.filter(({ action }: { action?: string }) => action === 'delete').length, 1);
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}g*:temp`), []);
  const conversations = await service.server.get('/v1/users/jan/conversations').expect(200);
  assert.deepEqual(conversations.body.items, []);
  assert.deepEqual((await service.server.get('/v1/users/jan/contacts')).body.items, []);
});
