import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

const actions = async (uid: string) => {
  const { body } = await service.server.get(`/v1/users/${uid}/inbox?start=0&block=0&count=100`).expect(200);
  return body.items.map((item: { action?: string; conversation: string }) => [item.action, item.conversation]);
};

test('link: both are told once, and only the one who linked has a contact', async () => {
  await service.people('alice', 'bob');
  const linked = await service.server.put('/v1/users/alice/contacts/bob').expect(201);
  assert.equal(linked.body.conversation, 'user:bob');
  const again = await service.server.put('/v1/users/alice/contacts/bob').expect(200);
  assert.deepEqual(again.body, linked.body);
  assert.deepEqual((await service.server.get('/v1/users/alice/contacts').expect(200)).body, { items: [linked.body] });
  assert.deepEqual((await service.server.get('/v1/users/bob/contacts').expect(200)).body, { items: [] });
  assert.deepEqual(await actions('alice'), [['link', 'user:bob']]);
  assert.deepEqual(await actions('bob'), [['link', 'user:alice']]);
});

test('unlink removes the contact once, and tells nobody', async () => {
  await service.people('carl', 'dina');
  await service.server.put('/v1/users/carl/contacts/dina').expect(201);
  await service.server.delete('/v1/users/carl/contacts/dina').expect(204, '');
  await service.server.delete('/v1/users/carl/contacts/dina').expect(204, '');
  assert.deepEqual((await service.server.get('/v1/users/carl/contacts')).body.items, []);
  assert.equal((await actions('dina')).length, 1);
});

test('a contact has to exist', async () => {
  await service.people('erik');
  const { body } = await service.server.put('/v1/users/erik/contacts/nobody').expect(404);
  assert.equal(body.code, 'user_not_found');
  assert.equal(await service.redis.exists(service.keys.contacts('erik' as never)), 0);
});

test('the list has pages, each contact once, the oldest first; groups are among them', async () => {
  const peers = ['p1', 'p2', 'p3', 'p4'];
  await service.people('fred', ...peers);
  for (const peer of peers) await service.server.put(`/v1/users/fred/contacts/${peer}`).expect(201);
  await service.team('quintet', 'fred');
  const seen: string[] = [];
  let query = 'limit=2';
  for (let pages = 1; ; pages++) {
    const { body } = await service.server.get(`/v1/users/fred/contacts?${query}`).expect(200);
    seen.push(...body.items.map((contact: { conversation: string }) => contact.conversation));
    if (body.next === undefined) {
      assert.equal(pages, 3);
      break;
    }
    query = `limit=2&after=${encodeURIComponent(body.next)}`;
  }
  assert.deepEqual(seen, ['user:p1', 'user:p2', 'user:p3', 'user:p4', 'group:quintet']);
  const wrong = await service.server.get('/v1/users/fred/contacts?after=nonsense').expect(400);
  assert.equal(wrong.body.code, 'invalid_cursor');
  for (const limit of ['0', '1001', 'x', '-1', '1.5']) {
    await service.server.get(`/v1/users/fred/contacts?limit=${limit}`).expect(400);
  }
  await service.server.get('/v1/users/fred/contacts?limit=1000').expect(200);
});
