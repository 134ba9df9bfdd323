import assert from 'node:assert/strict';
import { test } from 'node:test';
import { document, withJson } from '../../helpers/openapi.ts';
import { useService } from '../../helpers/use.ts';

/** Some generated clients, Dart's for one, send every member that is not set as null. */

const { service } = useService({ prepare: (service) => service.people('alice', 'bob') });

const SEND = '/v1/users/alice/conversations/user:bob/messages';
const hi = { fields: { text: 'hi' } };

test('null in place of something optional is as if it were absent', async () => {
  const { body: sent } = await service.server.post(SEND, { ...hi, clientMessageId: null }).expect(201);
  assert.equal(sent.clientMessageId, undefined);
  const message = { uid: 'alice', conversation: 'user:bob', ...hi, clientMessageId: null };
  const { body: batch } = await service.server.post('/v1/messages/batch', { messages: [message, message] }).expect(200);
  assert.deepEqual(
    batch.results.map((result: { status: number }) => result.status),
    [201, 201],
  );
  const alice = await service.user('alice');
  const { body: group } = await alice.put('/v1/groups/g', { fields: {}, joinPolicy: null, owner: null }).expect(201);
  assert.deepEqual([group.owner, group.joinPolicy], ['alice', 'open']);
  const { body: patched } = await alice
    .patch('/v1/groups/g', { fields: null, joinPolicy: 'closed', owner: null })
    .expect(200);
  assert.deepEqual([patched.owner, patched.joinPolicy], ['alice', 'closed']);
  await service.server.post('/v1/tokens', { uid: 'alice', ttlSeconds: null }).expect(201);
});

test('null in a change of fields still removes one', async () => {
  await service.server.put('/v1/users/carol', { fields: { name: 'Carol', avatar: 'x' } }).expect(201);
  const { body } = await service.server.patch('/v1/users/carol', { fields: { avatar: null } }).expect(200);
  assert.deepEqual(body.fields, { name: 'Carol' });
});

test('null in place of something required, unknown or in a map of text is refused', async () => {
  for (const body of [
    { fields: null },
    { fields: { text: null } },
    { ...hi, nonsense: null },
    { ...hi, constructor: null },
  ]) {
    await service.server.post(SEND, body).expect(400);
  }
  await service.server.post('/v1/messages/batch', { messages: null }).expect(400);
  await service.server.post('/v1/messages/batch', { messages: [null] }).expect(400);
  await service.server.patch('/v1/users/carol', { fields: null }).expect(400);
  await service.server.patch('/v1/groups/g', { fields: null, joinPolicy: null, owner: null }).expect(400);
});

test('every optional member of every body may be null, and the document stays plain', async () => {
  const bodies = withJson;
  let seen = 0;
  for (const { requestBody } of bodies) {
    const media = requestBody!.content['application/json']!;
    const schema = document.components.schemas[media.schema.$ref!.split('/').at(-1)!] as {
      properties: Record<string, object>;
      required?: string[];
    };
    for (const [name, property] of Object.entries(schema.properties)) {
      // The one whose null says something.
      if (name === 'silencedUntil') continue;
      assert.doesNotMatch(JSON.stringify(property), /null|anyOf|oneOf/, name);
      if (!schema.required?.includes(name)) seen += 1;
    }
  }
  assert.ok(seen >= 7, `${seen}`);
});
