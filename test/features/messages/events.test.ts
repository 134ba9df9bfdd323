import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

/** Events that a server key puts into a conversation. */

const { service } = useService();

const events = (uid: string, conversation: string) => `/v1/users/${uid}/conversations/${conversation}/events`;
const history = (uid: string, conversation: string) => `/v1/users/${uid}/conversations/${conversation}/messages`;
const CALL = { fields: { type: 'call', text: 'A call began' } };

async function inboxOf(uid: string) {
  const { body } = await service.server.get(`/v1/users/${uid}/inbox?start=0&block=0`).expect(200);
  return body.items;
}

async function summaryOf(uid: string, conversation: string) {
  return (await service.server.get(`/v1/users/${uid}/conversations/${conversation}`).expect(200)).body;
}

test('an event reaches everybody as a message does, stands in the history, and makes nothing unread', async () => {
  await service.people('alice', 'bob', 'carol');
  await service.team('team', 'alice', 'bob', 'carol');
  const said = await service.say('bob', 'group:team', 'hi');
  const { body } = await service.server.post(events('alice', 'group:team'), CALL).expect(201);
  const { id, sentAt, ...rest } = body;
  assert.ok(sentAt && id > said.id);
  assert.deepEqual(rest, { conversation: 'group:team', from: 'alice', action: 'custom', ...CALL });
  for (const uid of ['alice', 'bob', 'carol']) {
    const { cursor: _, ...newest } = (await inboxOf(uid)).at(-1);
    assert.deepEqual(newest, body);
    const page = await service.server.get(history(uid, 'group:team')).expect(200);
    assert.deepEqual(page.body.items.at(-1), body);
    // Not even who it is of has read what came before: the server has done it.
    const { unread, last } = await summaryOf(uid, 'group:team');
    assert.deepEqual([unread, last.id], [uid === 'bob' ? 0 : 1, id]);
  }
});

test('in a direct chat it is there for both, also where there was none', async () => {
  await service.people('dan', 'eve');
  const { body } = await service.server.post(events('dan', 'user:eve'), CALL).expect(201);
  for (const [uid, conversation] of [
    ['dan', 'user:eve'],
    ['eve', 'user:dan'],
  ] as const) {
    const { last, unread } = await summaryOf(uid, conversation);
    assert.deepEqual([last, unread], [{ ...body, conversation }, 0]);
    assert.equal((await inboxOf(uid)).length, 1);
  }
  // The next message counts as one.
  await service.say('dan', 'user:eve', 'hi');
  assert.equal((await summaryOf('eve', 'user:dan')).unread, 1);
});

test('nobody edits it, erases it, replies to it or reacts to it', async () => {
  await service.people('fay', 'gus');
  const { body } = await service.server.post(events('fay', 'user:gus'), CALL).expect(201);
  const fay = await service.user('fay');
  const path = `${history('me', 'user:gus')}/${body.id}`;
  await fay.patch(path, { fields: { text: 'x' } }).expect(403);
  await fay.delete(path).expect(403);
  await fay.put(`${path}/reactions/ok`).expect(403);
  await fay.post(history('me', 'user:gus'), { fields: { text: 'x' }, replyTo: body.id }).expect(404);
  assert.deepEqual((await fay.get(path).expect(200)).body, body);
});

test('a clientMessageId makes it safe to repeat; a message is another thing', async () => {
  await service.people('hal', 'ina');
  const put = (fields: object, path = events('hal', 'user:ina')) =>
    service.server.post(path, { fields, clientMessageId: 'call-1' });
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => put(CALL.fields)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 201]);
  assert.deepEqual(new Set(answers.map(({ text }) => text)).size, 1);
  assert.equal(answers[0]!.body.clientMessageId, 'call-1');
  assert.equal((await put({ text: 'other' }).expect(422)).body.code, 'client_message_id_reused');
  const sent = await put(CALL.fields, history('hal', 'user:ina')).expect(422);
  assert.equal(sent.body.code, 'client_message_id_reused');
  assert.equal((await inboxOf('ina')).length, 1);
});

test('it is for who may send there now', async () => {
  await service.people('jan', 'kim', 'lea');
  await service.team('club', 'jan', 'lea');
  await service.server.put('/v1/users/kim/blocks/jan').expect(201);
  await service.server.patch('/v1/groups/club/members/lea', { silencedUntil: '2100-01-01T00:00:00Z' }).expect(200);
  const cases = [
    ['jan', 'user:nobody', 404, 'user_not_found'],
    ['nobody', 'user:jan', 404, 'user_not_found'],
    ['jan', 'group:nothing', 404, 'group_not_found'],
    ['kim', 'group:club', 403, 'not_member'],
    ['lea', 'group:club', 403, 'silenced'],
    ['jan', 'user:kim', 403, 'blocked'],
  ] as const;
  for (const [from, to, status, code] of cases) {
    assert.equal((await service.server.post(events(from, to), CALL).expect(status)).body.code, code);
  }
  assert.deepEqual(await inboxOf('kim'), []);
  const jan = await service.user('jan');
  assert.equal((await jan.post(events('me', 'group:club'), CALL).expect(403)).body.code, 'forbidden');
});

test('its fields are within the limits of messages', async () => {
  await service.people('max', 'nia');
  const put = (body: object) => service.server.post(events('max', 'user:nia'), body);
  assert.equal((await put({ fields: { action: 'join' } }).expect(422)).body.code, 'reserved_field');
  assert.equal((await put({ fields: { text: 'x'.repeat(65_536) } }).expect(422)).body.code, 'fields_too_large');
  for (const body of [{}, { fields: {} }, { ...CALL, action: 'join' }, { ...CALL, mentions: ['nia'] }]) {
    assert.equal((await put(body).expect(400)).body.code, 'invalid_request');
  }
  assert.deepEqual(await inboxOf('nia'), []);
});
