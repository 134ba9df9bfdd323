import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** Many members at once. */

const { redis, service } = useService();

interface Result {
  uid: string;
  status: number;
  member?: { uid: string; role: string };
  problem?: { code: string };
}
const brief = ({ results }: { results: Result[] }) =>
  results.map(({ uid, status, member, problem }) => `${uid} ${status} ${member?.role ?? problem?.code}`);
const events = async (uid: string) => {
  const { body } = await service.server.get(`/v1/users/${uid}/inbox?count=100`).expect(200);
  return body.items.map(({ action, from, by, fields }: Record<string, string>) => [action, from, by, fields]);
};

test('each has an outcome of its own, and one event tells of all who came', async () => {
  await service.people('alice', 'bob', 'carol', 'dave', 'mallory');
  await service.team('team', 'alice', 'bob');
  await service.server.patch('/v1/groups/team', { joinPolicy: 'closed' }).expect(200);
  await service.server.put('/v1/groups/team/bans/mallory').expect(201);
  const alice = await service.user('alice');
  const uids = ['bob', 'carol', 'nobody', 'mallory', 'dave', 'carol', 'alice'];
  const { body } = await alice.put('/v1/groups/team/members', { uids }).expect(200);
  assert.deepEqual(brief(body), [
    'bob 200 member',
    'carol 201 member',
    'nobody 404 user_not_found',
    'mallory 403 banned',
    'dave 201 member',
    'carol 200 member',
    'alice 200 owner',
  ]);
  for (const uid of ['alice', 'bob', 'carol', 'dave']) {
    assert.deepEqual((await events(uid)).at(-1), ['join', 'carol', 'alice', { members: 'carol dave' }], uid);
  }
  const [conversation] = (await service.server.get('/v1/users/dave/conversations').expect(200)).body.items;
  assert.deepEqual([conversation.conversation, conversation.unread], ['group:team', 0]);
  const { length } = await events('bob');
  const again = await alice.put('/v1/groups/team/members', { uids: ['carol', 'nobody'] }).expect(200);
  assert.deepEqual(brief(again.body), ['carol 200 member', 'nobody 404 user_not_found']);
  assert.equal((await events('bob')).length, length, 'nobody is told twice');
});

test('one alone is told of as if it had been added alone; a request to join is settled', async () => {
  await service.people('emma', 'finn', 'greg');
  await service.team('solo', 'emma');
  await service.server.patch('/v1/groups/solo', { joinPolicy: 'approval' }).expect(200);
  await (await service.user('finn')).put('/v1/groups/solo/members/me').expect(202);
  await service.server.put('/v1/groups/solo/members', { uids: ['finn'] }).expect(200);
  await service.server.put('/v1/groups/solo/members/greg').expect(201);
  const [one, other] = (await events('emma')).slice(-2);
  assert.deepEqual(
    [one, other],
    [
      ['join', 'finn', undefined, {}],
      ['join', 'greg', undefined, {}],
    ],
  );
  assert.deepEqual((await service.server.get('/v1/groups/solo/requests').expect(200)).body.items, []);
});

test('the group takes as many as it may have, and says so of the others', async () => {
  const small = await startService(redis, { groupMax: 3 });
  try {
    await small.people('a', 'b', 'c', 'd');
    await small.team('trio', 'a');
    const { body } = await small.server.put('/v1/groups/trio/members', { uids: ['b', 'c', 'd', 'b'] }).expect(200);
    assert.deepEqual(brief(body), ['b 201 member', 'c 201 member', 'd 409 group_full', 'b 200 member']);
  } finally {
    await small.close();
  }
});

test('at most a hundred, at least one, and of a group that there is', async () => {
  const uids = (count: number) => ({ uids: Array.from({ length: count }, (_, i) => `${i}-${'x'.repeat(60)}`) });
  await service.team('many', 'alice');
  const { body } = await service.server.put('/v1/groups/many/members', uids(100)).expect(200);
  assert.equal(body.results.length, 100);
  for (const count of [0, 101]) {
    const refused = await service.server.put('/v1/groups/many/members', uids(count)).expect(400);
    assert.equal(refused.body.code, 'invalid_request');
  }
  const missing = await service.server.put('/v1/groups/none/members', uids(1)).expect(404);
  assert.equal(missing.body.code, 'group_not_found');
});
