import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService();

const send = (messages: object[]) => service.server.post('/v1/messages/batch', { messages });

test('each message of a batch has its own result, in order', async () => {
  await service.people('alice', 'bob');
  await service.team('team', 'alice');
  const { body } = await send([
    { uid: 'alice', conversation: 'user:bob', fields: { text: '1' }, clientMessageId: 'b-1' },
    { uid: 'bob', conversation: 'group:team', fields: { text: 'no member' } },
    { uid: 'alice', conversation: 'user:bob', fields: { text: '1' }, clientMessageId: 'b-1' },
    { uid: 'alice', conversation: 'user:bob', fields: { text: 'other' }, clientMessageId: 'b-1' },
    { uid: 'alice', conversation: 'user:bob', fields: { action: 'join' } },
    { uid: 'nobody', conversation: 'user:bob', fields: { text: 'from nobody' } },
    { uid: 'bob', conversation: 'user:alice', fields: { text: '2' } },
  ]).expect(200);
  assert.deepEqual(
    body.results.map((result: { status: number; problem?: { code: string } }) => [result.status, result.problem?.code]),
    [
      [201, undefined],
      [403, 'not_member'],
      [200, undefined],
      [422, 'client_message_id_reused'],
      [422, 'reserved_field'],
      [404, 'user_not_found'],
      [201, undefined],
    ],
  );
  const [first, refused, repeated] = body.results;
  assert.deepEqual(repeated.message, first.message);
  assert.deepEqual([first.message.from, first.message.conversation], ['alice', 'user:bob']);
  assert.ok(refused.problem.requestId && refused.problem.detail && refused.problem.title);
  const { body: inbox } = await service.server.get('/v1/users/bob/inbox?start=0&block=0').expect(200);
  assert.deepEqual(
    inbox.items.map((item: { fields: { text: string } }) => item.fields.text),
    ['1', '2'],
  );
});

test('a hundred of the largest messages fit', async () => {
  await service.people('carl', 'dora');
  const message = { uid: 'carl', conversation: 'user:dora', fields: { text: 'x'.repeat(65_500) } };
  const { body } = await send(Array.from({ length: 100 }, () => message)).expect(200);
  assert.equal(body.results.filter((result: { status: number }) => result.status === 201).length, 100);
  const seqs = body.results.map((result: { message: { id: string } }) => Number(result.message.id.split('-')[1]));
  assert.deepEqual(
    seqs,
    seqs.map((_: number, i: number) => i + 1),
  );
});

test('none, too many, or a malformed one: the batch is refused as a whole', async () => {
  await service.people('emil', 'fay');
  const one = { uid: 'emil', conversation: 'user:fay', fields: { text: 'x' } };
  for (const messages of [
    [],
    Array.from({ length: 101 }, () => one),
    [one, { ...one, conversation: 'fay' }],
    [one, { ...one, uid: 'me' }],
    [one, { ...one, extra: 1 }],
    [one, { ...one, fields: { text: 1 } }],
  ]) {
    assert.equal((await send(messages).expect(400)).body.code, 'invalid_request');
  }
  await service.server.post('/v1/messages/batch').expect(400);
  assert.deepEqual((await service.server.get('/v1/users/fay/inbox?start=0&block=0')).body.items, []);
});

test('a batch is for a server key', async () => {
  const { body } = await (await service.user('alice')).post('/v1/messages/batch', { messages: [] }).expect(403);
  assert.equal(body.code, 'forbidden');
});
