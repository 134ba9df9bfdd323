import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { open } from '../../helpers/http.ts';
import { API_KEY } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

test('PUT creates a user, then replaces all fields', async () => {
  const created = await service.server.put('/v1/users/alice', { fields: { name: 'Alice', city: 'Rome' } }).expect(201);
  assert.deepEqual(Object.keys(created.body), ['uid', 'fields', 'directPolicy', 'createdAt']);
  assert.ok(Math.abs(Date.parse(created.body.createdAt) - Date.now()) < 10_000);
  const replaced = await service.server.put('/v1/users/alice', { fields: { name: 'Al' } }).expect(200);
  assert.deepEqual(replaced.body, { ...created.body, fields: { name: 'Al' } });
  const read = await service.server.get('/v1/users/alice').expect(200);
  assert.deepEqual(read.body, replaced.body);
});

test('a user may have no fields at all, and still exists', async () => {
  await service.server.put('/v1/users/bare', { fields: {} }).expect(201);
  assert.deepEqual((await service.server.get('/v1/users/bare').expect(200)).body.fields, {});
  await service.server.put('/v1/users/bare', { fields: {} }).expect(200);
});

test('PATCH merges: sets, removes what is null, leaves the rest; needs an existing user', async () => {
  await service.server.put('/v1/users/bob', { fields: { name: 'Bob', city: 'Oslo', mood: 'fine' } }).expect(201);
  const patch = { fields: { city: null, mood: '', team: 'red', missing: null } };
  const merged = await service.server.patch('/v1/users/bob', patch).expect(200);
  assert.deepEqual(merged.body.fields, { name: 'Bob', mood: '', team: 'red' });
  const unknown = await service.server.patch('/v1/users/nobody', { fields: { a: 'b' } }).expect(404);
  assert.equal(unknown.body.code, 'user_not_found');
  assert.equal(await service.redis.exists(service.keys.user('nobody' as never)), 0);
});

test('GET of several: those that exist, in the order asked; up to 100', async () => {
  await service.people('c1', 'c2', 'c3');
  const { body } = await service.server.get('/v1/users?ids=c3,nobody,c1').expect(200);
  assert.deepEqual(
    body.items.map((user: { uid: string }) => user.uid),
    ['c3', 'c1'],
  );
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `x${i}`).join(',');
  assert.deepEqual((await service.server.get(`/v1/users?ids=${ids(100)}`).expect(200)).body, { items: [] });
  const tooMany = await service.server.get(`/v1/users?ids=${ids(101)}`).expect(400);
  assert.match(tooMany.body.detail, /at most 100/);
  for (const wrong of ['', 'a,,b', 'a,me', 'a b', ',']) {
    const { body } = await service.server.get(`/v1/users?ids=${encodeURIComponent(wrong)}`).expect(400);
    assert.equal(body.code, 'invalid_request', wrong);
    assert.equal(body.errors[0].path, 'querystring/ids');
  }
  const both = await service.server.get('/v1/users?ids=a&after=b').expect(400);
  assert.match(both.body.detail, /not both/);
});

test('a server key lists all users in pages, in the order of their uids; a user does not', async () => {
  await service.people('d2', 'd10', 'd1', 'dX');
  await service.server.delete('/v1/users/d2').expect(204);
  const seen: string[] = [];
  let next = '';
  do {
    const { body } = await service.server.get(`/v1/users?limit=2${next && `&after=${next}`}`).expect(200);
    seen.push(...body.items.map((user: { uid: string }) => user.uid));
    next = body.next;
  } while (next);
  assert.deepEqual(seen, [...seen].sort());
  assert.deepEqual(
    seen.filter((uid) => uid.startsWith('d')),
    ['d1', 'd10', 'dX'],
  );
  assert.equal(await service.redis.zscore(service.keys.users(), 'd2'), null, 'nothing is left of who was removed');
  const refused = await (await service.user('d1')).get('/v1/users').expect(403);
  assert.match(refused.body.detail, /server key/);
});

test('attributes are written by server keys alone, read by everybody, and go with the user', async () => {
  const url = '/v1/users/att';
  const { body } = await service.server.put(url, { fields: { name: 'A' }, attributes: { plan: 'pro', seats: '3' } });
  assert.deepEqual(body.attributes, { plan: 'pro', seats: '3' });
  const self = await service.user('att');
  for (const attributes of [{}, { plan: 'free' }]) {
    for (const send of [self.put(url, { fields: {}, attributes }), self.patch(url, { attributes })]) {
      const refused = await send.expect(403);
      assert.equal(refused.body.code, 'forbidden');
      assert.match(refused.body.detail, /server key alone/);
    }
  }
  const replaced = await self.put(url, { fields: { name: 'B' }, attributes: null }).expect(200);
  assert.deepEqual(replaced.body.attributes, { plan: 'pro', seats: '3' }, 'a PUT without them leaves them');
  await service.server.patch(url, { attributes: { seats: null, role: 'x' } }).expect(200);
  const read = await (await service.user('d1')).get(url).expect(200);
  assert.deepEqual([read.body.fields, read.body.attributes], [{ name: 'B' }, { plan: 'pro', role: 'x' }]);
  await service.server.put(url, { fields: {}, attributes: {} }).expect(200);
  assert.equal((await self.get('/v1/users?ids=att').expect(200)).body.items[0].attributes, undefined);
  const large = await service.server.patch(url, { attributes: { a: 'x'.repeat(65_536) } }).expect(422);
  assert.equal(large.body.code, 'fields_too_large');
  await service.server.patch(url, { attributes: { plan: 'pro' } }).expect(200);
  await service.server.delete(url).expect(204);
  assert.equal((await service.server.put(url, { fields: {} }).expect(201)).body.attributes, undefined);
});

test('directPolicy is set by the user itself, and stays', async () => {
  await service.people('dp');
  const self = await service.user('dp');
  assert.equal(
    (await self.patch('/v1/users/dp', { directPolicy: 'contacts' }).expect(200)).body.directPolicy,
    'contacts',
  );
  assert.equal((await self.put('/v1/users/dp', { fields: {} }).expect(200)).body.directPolicy, 'contacts');
  await self.patch('/v1/users/dp', { directPolicy: 'nobody' }).expect(400);
  await self.patch('/v1/users/dp', {}).expect(400);
  const reserved = await self.patch('/v1/users/dp', { fields: { directPolicy: 'anyone' } }).expect(422);
  assert.equal(reserved.body.code, 'reserved_field');
});

test('reserved names and too large fields are refused, and nothing is written', async () => {
  const reserved = await service.server.put('/v1/users/dora', { fields: { createdAt: '1' } }).expect(422);
  assert.equal(reserved.body.code, 'reserved_field');
  const large = await service.server.put('/v1/users/dora', { fields: { bio: 'x'.repeat(65_536) } }).expect(422);
  assert.equal(large.body.code, 'fields_too_large');
  await service.server.get('/v1/users/dora').expect(404);
  // 3 bytes of name and the rest of value: exactly as much as is allowed, then one more by a merge.
  await service.server.put('/v1/users/dora', { fields: { bio: 'x'.repeat(65_533) } }).expect(201);
  const more = await service.server.patch('/v1/users/dora', { fields: { a: '' } }).expect(422);
  assert.equal(more.body.code, 'fields_too_large');
  assert.deepEqual(Object.keys((await service.server.get('/v1/users/dora')).body.fields), ['bio']);
});

test('64 fields are allowed, 65 are not, by a merge neither', async () => {
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 'x']));
  await service.server.put('/v1/users/eve', { fields: fields(65) }).expect(400);
  await service.server.put('/v1/users/eve', { fields: fields(64) }).expect(201);
  const more = await service.server.patch('/v1/users/eve', { fields: { another: 'x' } }).expect(422);
  assert.equal(more.body.code, 'fields_too_large');
  await service.server.patch('/v1/users/eve', { fields: { another: 'x', f0: null } }).expect(200);
});

test('DELETE removes the profile, memberships, contacts and inbox; messages to others stay', async () => {
  await service.people('gone', 'stays');
  await service.team('club', 'stays', 'gone');
  await service.server.put('/v1/users/gone/contacts/stays').expect(201);
  await service.say('gone', 'user:stays', 'remember me');
  await service.server.delete('/v1/users/gone').expect(204, '');
  await service.server.get('/v1/users/gone').expect(404);
  await service.server.delete('/v1/users/gone').expect(204, '');
  const { keys } = service;
  const uid = 'gone' as never;
  assert.equal(await service.redis.exists(keys.user(uid), keys.contacts(uid), keys.inbox(uid), keys.read(uid)), 0);
  const members = await service.server.get('/v1/groups/club/members').expect(200);
  assert.deepEqual(members.body.items, [{ uid: 'stays', role: 'owner' }]);
  const history = await service.server.get('/v1/users/stays/conversations/user:gone/messages').expect(200);
  const last = history.body.items.at(-1);
  assert.deepEqual([last.from, last.fields.text], ['gone', 'remember me']);
});

test('DELETE with messages=erase takes along what the user has sent, also where its client hangs up', async () => {
  const shown = async (peer: string) =>
    (
      await service.server.get(`/v1/users/kim/conversations/user:${peer}/messages?limit=100`).expect(200)
    ).body.items.map(
      ({ action, fields }: { action?: string; fields: Record<string, string> }) => action ?? fields.text,
    );
  await service.people('kim', 'lea', 'max');
  for (const peer of ['lea', 'max']) {
    for (let i = 0; i < 150; i++) await service.say(peer, 'user:kim', `${i}`);
    await service.say('kim', `user:${peer}`, 'an answer');
  }
  const wrong = await service.server.delete('/v1/users/lea?messages=all').expect(400);
  assert.match(wrong.body.detail, /keep.*erase/);
  await service.server.delete('/v1/users/lea?messages=erase').expect(204);
  const wanted = [...Array.from({ length: 100 - 1 }, () => 'gone'), 'an answer'];
  assert.deepEqual(await shown('lea'), wanted);
  await service.server.delete('/v1/users/lea?messages=erase').expect(204);

  const socket = open(service.url);
  await once(socket, 'connect');
  const head = `DELETE /v1/users/max?messages=erase HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n\r\n`;
  await new Promise((resolve) => socket.write(head, resolve));
  socket.destroy();
  await eventually(
    async () => (await shown('max')).every((text: string, i: number) => text === wanted[i]),
    'the end of it',
  );
});

test('a user who owns a group is not removed', async () => {
  await service.people('boss', 'heir');
  await service.team('firm', 'boss', 'heir');
  const refused = await service.server.delete('/v1/users/boss').expect(409);
  assert.equal(refused.body.code, 'owner_must_hand_over');
  await service.server.get('/v1/users/boss').expect(200);
  await service.server.patch('/v1/groups/firm', { owner: 'heir' }).expect(200);
  await service.server.delete('/v1/users/boss').expect(204);
});

test('"me" is the user of the token; an API key is nobody', async () => {
  const frank = await service.user('frank');
  assert.equal((await frank.put('/v1/users/me', { fields: { name: 'Frank' } }).expect(201)).body.uid, 'frank');
  assert.equal((await frank.get('/v1/users/me').expect(200)).body.uid, 'frank');
  const refused = await service.server.get('/v1/users/me').expect(400);
  assert.equal(refused.body.code, 'me_needs_user');
  await service.server.put('/v1/users/me', { fields: {} }).expect(400);
});
