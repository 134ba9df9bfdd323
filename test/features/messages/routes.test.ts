import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

const path = (uid: string, conversation: string) => `/v1/users/${uid}/conversations/${conversation}/messages`;
type Message = { id: string; action?: string; fields: { text?: string } };
const texts = (items: Message[]) => items.map((message) => message.action ?? message.fields.text);

test('a message to a person: each sees the conversation from their side', async () => {
  await service.people('alice', 'bob');
  const { body } = await service.server.post(path('alice', 'user:bob'), { fields: { text: 'hi' } }).expect(201);
  const { id, sentAt, ...rest } = body;
  assert.match(id, /^\d+-1$/);
  assert.equal(Date.parse(sentAt), Number(id.split('-')[0]));
  assert.deepEqual(rest, { conversation: 'user:bob', from: 'alice', fields: { text: 'hi' } });
  const seen = await (await service.user('bob')).get(`${path('me', 'user:alice')}/${id}`).expect(200);
  assert.deepEqual(seen.body, { ...body, conversation: 'user:alice' });
});

test('a clientMessageId makes a send safe to repeat', async () => {
  await service.people('carl', 'dora');
  const send = (fields: object) => service.server.post(path('carl', 'user:dora'), { fields, clientMessageId: 'c-1' });
  const first = await send({ text: 'once', lang: 'en' }).expect(201);
  assert.equal(first.body.clientMessageId, 'c-1');
  assert.deepEqual((await send({ lang: 'en', text: 'once' }).expect(200)).body, first.body);
  const other = await send({ text: 'something else' }).expect(422);
  assert.equal(other.body.code, 'client_message_id_reused');
  // The same id of another sender, and in another conversation, is another id.
  await service.server
    .post(path('dora', 'user:carl'), { fields: { text: 'once' }, clientMessageId: 'c-1' })
    .expect(201);
  const { body } = await service.server.get('/v1/users/dora/inbox?start=0&block=0').expect(200);
  assert.equal(body.items.length, 2);
});

test('twenty at once with one clientMessageId make one message', async () => {
  await service.people('race1', 'race2');
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      service.server.post(path('race1', 'user:race2'), { fields: { text: 'x' }, clientMessageId: 'same' }),
    ),
  );
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual([count(201), count(200)], [1, 19]);
  assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
});

test('only members post to a group and read it; who has left reads no more', async () => {
  await service.people('emma', 'finn', 'greg');
  await service.team('team', 'emma', 'finn');
  const [finn, greg] = [await service.user('finn'), await service.user('greg')];
  assert.equal(
    (await greg.post(path('me', 'group:team'), { fields: { text: 'x' } }).expect(403)).body.code,
    'not_member',
  );
  assert.equal((await greg.get(path('me', 'group:team')).expect(403)).body.code, 'not_member');
  const sent = await finn.post(path('me', 'group:team'), { fields: { text: 'hello' } }).expect(201);
  assert.equal((await greg.get(`${path('me', 'group:team')}/${sent.body.id}`).expect(403)).body.code, 'not_member');
  await finn.get(path('me', 'group:team')).expect(200);
  await finn.delete('/v1/groups/team/members/me').expect(204);
  await finn.get(path('me', 'group:team')).expect(403);
  await finn.post(path('me', 'group:team'), { fields: { text: 'x' } }).expect(403);
  // Their inbox keeps what was in it.
  const { body } = await finn.get('/v1/users/me/inbox?start=0&block=0').expect(200);
  assert.ok(texts(body.items).includes('hello'));
});

test('whom one writes to has to exist', async () => {
  await service.people('hans');
  const cases = [
    ['hans', 'user:nobody', 'user_not_found'],
    ['nobody', 'user:hans', 'user_not_found'],
    ['hans', 'group:nothing', 'group_not_found'],
  ] as const;
  for (const [from, to, code] of cases) {
    assert.equal((await service.server.post(path(from, to), { fields: { text: 'x' } }).expect(404)).body.code, code);
  }
  assert.equal((await service.server.get(path('hans', 'user:nobody')).expect(404)).body.code, 'user_not_found');
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}ds:*nobody*`), []);
});

test("a sender can't forge what the service writes itself", async () => {
  await service.people('ida', 'jan');
  for (const name of ['uid', 'n', 'action', 'cid']) {
    const { body } = await service.server.post(path('ida', 'user:jan'), { fields: { [name]: 'x' } }).expect(422);
    assert.equal(body.code, 'reserved_field');
    assert.match(body.detail, new RegExp(`"${name}"`));
  }
  for (const body of [
    { fields: { text: 'x' }, action: 'join' },
    { fields: { text: 'x' }, from: 'jan' },
    { fields: { text: 'x' }, id: '1-1' },
  ]) {
    await service.server.post(path('ida', 'user:jan'), body).expect(400);
  }
  assert.deepEqual((await service.server.get(path('ida', 'user:jan')).expect(200)).body, { items: [] });
});

test('64 KiB of fields are taken, one byte more is not', async () => {
  await service.people('kim', 'lea');
  const send = (length: number) =>
    service.server.post(path('kim', 'user:lea'), { fields: { text: 'é'.repeat(length / 2) } });
  const { body } = await send(65_532).expect(201);
  assert.equal(body.fields.text.length, 32_766);
  assert.equal((await send(65_534).expect(422)).body.code, 'fields_too_large');
  const oneMore = { fields: { text: 'x'.repeat(65_533) } };
  assert.equal((await service.server.post(path('kim', 'user:lea'), oneMore).expect(422)).body.code, 'fields_too_large');
  const longest = '\u0001'.repeat(65_532);
  await service.server.post(path('kim', 'user:lea'), { fields: { text: longest } }).expect(201);
});

test('any text comes back as it was sent; what is no text is refused', async () => {
  await service.people('max', 'nia');
  const fields = { text: 'a\u0000b\r\n\u2028👩‍👩‍👧 "\\', constructor: 'x', toString: 'y', 'näme 🎈': '', '1': 'one' };
  const { body } = await service.server.post(path('max', 'user:nia'), { fields }).expect(201);
  const read = await service.server.get(`${path('nia', 'user:max')}/${body.id}`).expect(200);
  assert.deepEqual(read.body.fields, fields);
  for (const [name, value] of [
    ['text', '\ud800'],
    ['\udc00', 'x'],
  ] as const) {
    const refused = await service.server.post(path('max', 'user:nia'), { fields: { [name]: value } }).expect(400);
    assert.match(refused.body.detail, /surrogate/);
  }
});

test('history: ascending pages, back from the newest, or forward', async () => {
  await service.people('otto', 'pia');
  for (let i = 1; i <= 7; i++) await service.say('otto', 'user:pia', String(i));
  const get = async (query: string) =>
    (await service.server.get(`${path('pia', 'user:otto')}?${query}`).expect(200)).body;
  const newest = await get('limit=3');
  assert.deepEqual(texts(newest.items), ['5', '6', '7']);
  const older = await get(`limit=3&before=${newest.next}`);
  assert.deepEqual(texts(older.items), ['2', '3', '4']);
  const oldest = await get(`limit=3&before=${older.next}`);
  assert.deepEqual([texts(oldest.items), oldest.next], [['1'], undefined]);
  const forward = await get('limit=4&after=0-0');
  assert.deepEqual(texts(forward.items), ['1', '2', '3', '4']);
  const rest = await get(`limit=4&after=${forward.next}`);
  assert.deepEqual([texts(rest.items), rest.next], [['5', '6', '7'], undefined]);
  // A page that ends exactly at the end says so.
  assert.equal((await get('limit=7')).next, undefined);
  assert.deepEqual(texts((await get('')).items).length, 7);
  const both = await service.server.get(`${path('pia', 'user:otto')}?before=1-1&after=1-1`).expect(400);
  assert.match(both.body.detail, /not both/);
  for (const query of ['before=x', 'after=5', 'before=1-', 'after=99999999999999999999-1', 'limit=101', 'limit=0']) {
    const { body } = await service.server.get(`${path('pia', 'user:otto')}?${query}`).expect(400);
    assert.equal(body.code, 'invalid_request', query);
  }
});

test('erase: by the sender or the owner of the group; it leaves its place and no text', async () => {
  await service.people('quin', 'rosa', 'sven');
  await service.team('board', 'quin', 'rosa', 'sven');
  const [quin, rosa, sven] = [await service.user('quin'), await service.user('rosa'), await service.user('sven')];
  const mine = await service.say('rosa', 'group:board', 'oops');
  const yours = await service.say('sven', 'group:board', 'rude');
  const at = (id: string) => `${path('me', 'group:board')}/${id}`;
  assert.equal((await sven.delete(at(mine.id)).expect(403)).body.code, 'forbidden');
  await rosa.delete(at(mine.id)).expect(204, '');
  await quin.delete(at(yours.id)).expect(204, '');
  await rosa.delete(at(mine.id)).expect(204, '');
  const { body: tombstone } = await rosa.get(at(yours.id)).expect(200);
  assert.deepEqual([tombstone.action, tombstone.from, tombstone.by, tombstone.fields], ['gone', 'sven', 'quin', {}]);
  assert.ok(tombstone.erasedAt > tombstone.sentAt || tombstone.erasedAt === tombstone.sentAt);
  const history = (await rosa.get(path('me', 'group:board')).expect(200)).body.items;
  assert.deepEqual(texts(history), ['create', 'join', 'join', 'gone', 'gone']);
  assert.deepEqual(history.at(-1), tombstone);
  // In the inbox, each stands as something that is gone.
  const inbox = (await sven.get('/v1/users/me/inbox?start=0&block=0').expect(200)).body.items;
  const gone = inbox.find((item: Message) => item.id === mine.id);
  assert.deepEqual([gone.action, gone.from, gone.fields], ['gone', undefined, {}]);
  // A system event is nobody's to erase.
  await quin.delete(at(history[0].id)).expect(403);
  assert.equal((await rosa.delete(at('1-99')).expect(404)).body.code, 'message_not_found');
  assert.equal((await rosa.delete(at('99999999999999999999-1')).expect(400)).body.code, 'invalid_request');
});

test('a note to oneself is one message in one inbox', async () => {
  await service.people('tina');
  const note = await service.say('tina', 'user:tina', 'milk');
  assert.equal(note.conversation, 'user:tina');
  const { body } = await service.server.get('/v1/users/tina/inbox?start=0&block=0').expect(200);
  assert.deepEqual(texts(body.items), ['milk']);
});

test('a silent message says so wherever it is read, and its repeat is the same', async () => {
  const at = '/v1/users/alice/conversations/user:bob/messages';
  const body = { fields: { text: 'psst' }, clientMessageId: 'm-silent', silent: true };
  const { body: sent } = await service.server.post(at, body).expect(201);
  assert.equal(sent.silent, true);
  assert.deepEqual((await service.server.post(at, body).expect(200)).body, sent);
  const loud = await service.server.post(at, { ...body, silent: false }).expect(422);
  assert.equal(loud.body.code, 'client_message_id_reused');
  const { body: read } = await service.server
    .get(`/v1/users/bob/conversations/user:alice/messages/${sent.id}`)
    .expect(200);
  assert.deepEqual([read.silent, read.fields], [true, { text: 'psst' }]);
  const { body: inbox } = await service.server.get('/v1/users/bob/inbox?start=0&block=0').expect(200);
  assert.equal(inbox.items.find(({ id }: { id: string }) => id === sent.id).silent, true);
  const { body: other } = await service.server.post(at, { fields: { text: 'hey' } }).expect(201);
  assert.equal('silent' in other, false);
});
