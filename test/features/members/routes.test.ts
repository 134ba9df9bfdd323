import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { redis, service } = useService();

const members = async (gid: string) =>
  (await service.server.get(`/v1/groups/${gid}/members`).expect(200)).body.items.map(
    (member: { uid: string; role: string }) => `${member.uid} ${member.role}`,
  );
/** How many system events of this kind a user got. */
const told = async (uid: string, action: string) => {
  const { body } = await service.server.get(`/v1/users/${uid}/inbox?start=0&block=0&count=100`).expect(200);
  return body.items.filter((item: { action?: string }) => item.action === action).length;
};

test('an open group is joined at once, and once', async () => {
  await service.people('alice', 'bob');
  await service.team('open', 'alice');
  const bob = await service.user('bob');
  const joined = await bob.put('/v1/groups/open/members/me').expect(201);
  assert.deepEqual(joined.body, { uid: 'bob', role: 'member' });
  assert.deepEqual((await bob.put('/v1/groups/open/members/bob').expect(200)).body, joined.body);
  assert.equal(await told('alice', 'join'), 1);
  assert.deepEqual(await members('open'), ['alice owner', 'bob member']);
  const owner = await (await service.user('alice')).put('/v1/groups/open/members/alice').expect(200);
  assert.deepEqual(owner.body, { uid: 'alice', role: 'owner' });
});

test('who joins whom: oneself, the owner anybody, others nobody; both have to exist', async () => {
  await service.people('carl', 'dora', 'emil');
  await service.team('mixed', 'carl', 'dora');
  const [carl, dora] = [await service.user('carl'), await service.user('dora')];
  assert.equal((await dora.put('/v1/groups/mixed/members/emil').expect(403)).body.code, 'not_admin');
  await carl.put('/v1/groups/mixed/members/emil').expect(201);
  assert.equal((await carl.put('/v1/groups/mixed/members/nobody').expect(404)).body.code, 'user_not_found');
  assert.equal((await carl.put('/v1/groups/nothing/members/carl').expect(404)).body.code, 'group_not_found');
  assert.deepEqual(await members('mixed'), ['carl owner', 'dora member', 'emil member']);
});

test('approval: a request, which the owner lists and approves', async () => {
  await service.people('fay', 'gus', 'hal');
  await service.team('picky', 'fay');
  await service.server.patch('/v1/groups/picky', { joinPolicy: 'approval' }).expect(200);
  const [fay, gus] = [await service.user('fay'), await service.user('gus')];
  const asked = await gus.put('/v1/groups/picky/members/gus').expect(202);
  assert.equal(asked.body.uid, 'gus');
  assert.deepEqual((await gus.put('/v1/groups/picky/members/gus').expect(202)).body, asked.body);
  assert.equal(await told('fay', 'request'), 1);
  assert.deepEqual(await members('picky'), ['fay owner']);
  assert.equal((await gus.get('/v1/groups/picky/requests').expect(403)).body.code, 'not_admin');
  assert.deepEqual((await fay.get('/v1/groups/picky/requests').expect(200)).body, { items: [asked.body] });
  assert.equal((await gus.put('/v1/groups/picky/requests/gus').expect(403)).body.code, 'not_admin');
  assert.equal((await fay.put('/v1/groups/picky/requests/hal').expect(404)).body.code, 'request_not_found');
  assert.deepEqual((await fay.put('/v1/groups/picky/requests/gus').expect(201)).body, { uid: 'gus', role: 'member' });
  await fay.put('/v1/groups/picky/requests/gus').expect(200);
  assert.deepEqual((await fay.get('/v1/groups/picky/requests')).body.items, []);
  assert.deepEqual(await members('picky'), ['fay owner', 'gus member']);
});

test('approval: a request is turned down, or withdrawn', async () => {
  await service.people('ines', 'jose', 'kate');
  await service.team('choosy', 'ines');
  await service.server.patch('/v1/groups/choosy', { joinPolicy: 'approval' }).expect(200);
  const [ines, jose, kate] = [await service.user('ines'), await service.user('jose'), await service.user('kate')];
  await jose.put('/v1/groups/choosy/members/me').expect(202);
  assert.equal((await kate.delete('/v1/groups/choosy/requests/jose').expect(403)).body.code, 'not_admin');
  await ines.delete('/v1/groups/choosy/requests/jose').expect(204, '');
  assert.equal(await told('jose', 'refuse'), 1);
  await ines.delete('/v1/groups/choosy/requests/jose').expect(204, '');
  assert.equal(await told('jose', 'refuse'), 1);
  await jose.put('/v1/groups/choosy/members/me').expect(202);
  await jose.delete('/v1/groups/choosy/requests/me').expect(204);
  assert.deepEqual((await ines.get('/v1/groups/choosy/requests')).body.items, []);
});

test('a closed group admits only whom its owner adds', async () => {
  await service.people('lea', 'max');
  await service.team('shut', 'lea');
  await service.server.patch('/v1/groups/shut', { joinPolicy: 'closed' }).expect(200);
  const max = await service.user('max');
  assert.equal((await max.put('/v1/groups/shut/members/max').expect(403)).body.code, 'join_closed');
  await (await service.user('lea')).put('/v1/groups/shut/members/max').expect(201);
});

test('quit: oneself or by the owner, once; the owner hands over first', async () => {
  await service.people('nia', 'otto', 'pia', 'quin');
  await service.team('leaving', 'nia', 'otto', 'pia', 'quin');
  const [nia, otto, pia] = [await service.user('nia'), await service.user('otto'), await service.user('pia')];
  assert.equal((await pia.delete('/v1/groups/leaving/members/otto').expect(403)).body.code, 'not_admin');
  await otto.delete('/v1/groups/leaving/members/me').expect(204, '');
  await otto.delete('/v1/groups/leaving/members/otto').expect(204, '');
  await nia.delete('/v1/groups/leaving/members/otto').expect(204, '');
  assert.equal((await pia.delete('/v1/groups/leaving/members/otto').expect(403)).body.code, 'not_admin');
  assert.equal(await told('nia', 'quit'), 1);
  await nia.delete('/v1/groups/leaving/members/pia').expect(204);
  const owner = await nia.delete('/v1/groups/leaving/members/nia').expect(409);
  assert.equal(owner.body.code, 'owner_must_hand_over');
  assert.match(owner.body.detail, /PATCH \/v1\/groups\/leaving/);
  await nia.patch('/v1/groups/leaving', { owner: 'quin' }).expect(200);
  await nia.delete('/v1/groups/leaving/members/nia').expect(204);
  assert.deepEqual(await members('leaving'), ['quin owner']);
});

test('members are listed in pages, for members only', async () => {
  const people = ['r1', 'r2', 'r3', 'r4', 'r5'];
  await service.people(...people, 'outsider');
  await service.team('paged', 'r3', 'r1', 'r2', 'r4', 'r5');
  const r1 = await service.user('r1');
  const first = await r1.get('/v1/groups/paged/members?limit=2').expect(200);
  const second = await r1.get(`/v1/groups/paged/members?limit=2&after=${first.body.next}`).expect(200);
  const third = await r1.get(`/v1/groups/paged/members?limit=2&after=${second.body.next}`).expect(200);
  assert.equal(third.body.next, undefined);
  const all = [first, second, third].flatMap((page) => page.body.items.map((member: { uid: string }) => member.uid));
  assert.deepEqual(all, people);
  const refused = await (await service.user('outsider')).get('/v1/groups/paged/members').expect(403);
  assert.equal(refused.body.code, 'not_member');
  assert.equal((await service.server.get('/v1/groups/nothing/members').expect(404)).body.code, 'group_not_found');
});

test('a full group says so', async () => {
  const small = await startService(redis, { groupMax: 2 });
  try {
    await small.people('a', 'b', 'c');
    await small.team('duo', 'a', 'b');
    assert.equal((await small.server.put('/v1/groups/duo/members/c').expect(409)).body.code, 'group_full');
    await small.server.put('/v1/groups/duo/members/b').expect(200);
  } finally {
    await small.close();
  }
});
