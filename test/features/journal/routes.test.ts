import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { createEventSource, type EventSourceMessage } from 'eventsource-client';
import { EVENT_TYPES } from '../../../src/features/journal/journal-entry.ts';
import { eventually } from '../../helpers/delivery.ts';
import { document } from '../../helpers/openapi.ts';
import { API_KEY } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** The journal over HTTP: by long-poll, as a stream, and who follows it. */

const { service } = useService({
  each: true,
  config: { heartbeatMs: 200 },
  prepare: async (service) => {
    await service.people('alice', 'bob');
    await service.server.put('/v1/journal/consumers/one', {}).expect(201);
  },
});
afterEach(() => {
  for (const close of open.splice(0)) close();
});
const open: (() => void)[] = [];

const say = (text: string) => service.say('alice', 'user:bob', text);
const read = (query = '') => service.server.get(`/v1/journal?consumer=one${query}`).expect(200);
type Item = { cursor: string; event: { type: string; data: { message?: { fields: { text: string } } } } };
const texts = (items: Item[]) => items.map(({ event }) => event.data.message?.fields.text ?? event.type);

function follow(query = '') {
  const events: EventSourceMessage[] = [];
  const source = createEventSource({
    url: `${service.url}/v1/journal/stream?consumer=one${query}`,
    headers: { authorization: `Bearer ${API_KEY}` },
    onMessage: (event) => void events.push(event),
  });
  open.push(() => source.close());
  const named = (name: string) => events.filter(({ event }) => event === name);
  const entries = () => named('entry').map(({ id, data }) => ({ cursor: id!, event: JSON.parse(data) }));
  const comes = (name: string, count = 1) => eventually(() => named(name).length >= count, name);
  return { source, events, named, comes, texts: () => texts(entries()) };
}

test('it is read from what was acknowledged on, from the oldest, from a cursor, or from now on', async () => {
  await say('1');
  await say('2');
  const { body } = await read();
  assert.deepEqual(texts(body.items), ['1', '2']);
  assert.equal(body.next, body.items[1].cursor);
  const { body: consumer } = await service.server
    .put('/v1/journal/consumers/one/checkpoint', { acknowledged: body.items[0].cursor })
    .expect(200);
  assert.equal(consumer.acknowledged, body.items[0].cursor);
  assert.deepEqual(texts((await read()).body.items), ['2']);
  assert.deepEqual(texts((await read('&start=0&count=1')).body.items), ['1']);
  assert.deepEqual(texts((await read(`&start=${body.items[0].cursor}`)).body.items), ['2']);
  assert.deepEqual((await read('&start=$')).body, { items: [], next: body.next });
});

test('a long-poll waits for whatever is decided, also for what no user is told of', { timeout: 15_000 }, async () => {
  for (const [path, type] of [
    ['/v1/users/carol', 'user.created'],
    ['/v1/users/alice/blocks/carol', 'block.added'],
  ]) {
    const waiting = read('&start=$&block=60000').then(({ body }) => body);
    await eventually(async () => /subscribers\{state="waiting"\} 1/.test(await metrics()), 'it waits');
    await service.server.put(path!, { fields: {} }).expect(201);
    assert.deepEqual(texts((await waiting).items), [type]);
  }
});

const metrics = async () => (await service.server.get('/metrics')).text;

test('a stream has everything once, live, and resumes after its last event', async () => {
  const first = follow();
  await first.comes('ready');
  await say('1');
  await service.people('carol');
  await first.comes('entry', 2);
  assert.deepEqual(first.texts(), ['1', 'user.created']);
  await first.comes('heartbeat');
  assert.equal(first.named('heartbeat').at(-1)!.id, first.named('entry').at(-1)!.id);
  const last = first.events.at(-1)!.id;
  first.source.close();
  await say('2');
  const second = follow(`&start=${last}`);
  await second.comes('entry');
  assert.deepEqual(second.texts(), ['2']);
  const again = follow();
  await again.comes('entry', 3);
  assert.deepEqual(again.texts(), ['1', 'user.created', '2']);
  assert.deepEqual(again.named('stale'), [], 'there are no signals beside it');
});

test('what was missed is told in place of silence', async () => {
  const { body } = await read();
  await say('1');
  await service.redis.xtrim(service.keys.journal(), 'MAXLEN', 0);
  await say('2');
  const stream = follow(`&start=${body.next}`);
  await stream.comes('gap');
  assert.equal(JSON.parse(stream.named('gap')[0]!.data).backfill, '/v1/users');
  await stream.comes('entry');
  assert.deepEqual(stream.texts(), ['2']);
});

test('a consumer that is removed is sent away, and is unknown then', async () => {
  const stream = follow();
  await stream.comes('heartbeat');
  await service.server.delete('/v1/journal/consumers/one').expect(204);
  await stream.comes('bye');
  assert.equal(JSON.parse(stream.named('bye')[0]!.data).reason, 'consumer_removed');
  const { body } = await service.server.get('/v1/journal?consumer=one').expect(404);
  assert.equal(body.code, 'consumer_not_found');
  assert.match(body.detail, /PUT \/v1\/journal\/consumers\/one/);
});

test('nobody is there because of it', async () => {
  const stream = follow();
  await stream.comes('heartbeat', 2);
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}pr:*`), []);
});

test('consumers are listed, read and changed', async () => {
  await service.server.put('/v1/journal/consumers/two', { retentionSeconds: 7_200 }).expect(201);
  await service.server.put('/v1/journal/consumers/two', {}).expect(200);
  const { body } = await service.server.get('/v1/journal/consumers').expect(200);
  assert.deepEqual(
    body.items.map(({ name, retentionSeconds }: { name: string; retentionSeconds: number }) => [
      name,
      retentionSeconds,
    ]),
    [
      ['one', 86_400],
      ['two', 7_200],
    ],
  );
  assert.deepEqual((await service.server.get('/v1/journal/consumers/two').expect(200)).body, body.items[1]);
  await service.server.put('/v1/journal/consumers/no:name', {}).expect(400);
  await service.server
    .put('/v1/journal/consumers/two/checkpoint', { acknowledged: '1-99999999999999999999' })
    .expect(400);
  await service.server.get('/v1/journal?consumer=one&start=x').expect(400);
});

test('what is read is as the document says, of every type', async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  const isEvent = ajv.compile({ $ref: 'document#/components/schemas/JournalStreamEvent' });
  const isPage = ajv.compile({ $ref: 'document#/components/schemas/JournalPage' });
  const seen = new Set<string>();
  const { server } = service;
  await service.people('carol', 'dora');
  await server.patch('/v1/users/carol', { fields: { a: 'b' } }).expect(200);
  await server.put('/v1/users/carol/suspension').expect(201);
  await server.delete('/v1/users/carol/suspension').expect(204);
  await server.put('/v1/users/alice/blocks/carol').expect(201);
  await server.delete('/v1/users/alice/blocks/carol').expect(204);
  await server.put('/v1/users/bob/devices/phone', { kind: 'fcm', token: 'x' }).expect(201);
  await service.say('alice', 'user:bob', 'hi');
  await service.team('team', 'alice', 'bob');
  await server.patch('/v1/groups/team', { joinPolicy: 'approval' }).expect(200);
  const until = '2100-01-01T00:00:00Z';
  await server.patch('/v1/groups/team/members/bob', { role: 'admin', silencedUntil: until }).expect(200);
  await (await service.user('dora')).put('/v1/groups/team/members/me').expect(202);
  await server.delete('/v1/groups/team/requests/dora').expect(204);
  const { id } = await service.say('alice', 'group:team', 'hi');
  const message = `/v1/users/alice/conversations/group:team/messages/${id}`;
  await server.patch(message, { fields: { text: 'ho' } }).expect(200);
  await server.put(`${message}/reactions/ok`).expect(200);
  await server.delete(`${message}/reactions/ok`).expect(204);
  await server.delete(message).expect(204);
  await server.post('/v1/users/alice/conversations/group:team/events', { fields: { a: 'b' } }).expect(201);
  await server.put('/v1/groups/team/bans/bob').expect(201);
  await server.delete('/v1/groups/team/bans/bob').expect(204);
  await server.delete('/v1/groups/team').expect(204);
  await server.delete('/v1/users/carol').expect(204);

  const { body } = await read();
  assert.ok(isPage(body), JSON.stringify(isPage.errors?.slice(0, 3)));
  const answer = await fetch(`${service.url}/v1/journal/stream?consumer=one`, {
    headers: { authorization: `Bearer ${API_KEY}`, accept: 'application/x-ndjson' },
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('user.removed') || !text.includes('notification.wanted')) text += (await reader.read()).value;
  await reader.cancel();
  for (const line of text.split('\n').slice(0, -1)) {
    const event = JSON.parse(line) as { event: string; data: { type: string } };
    const isRight = isEvent(event);
    assert.ok(isRight, `${line}: ${JSON.stringify(isEvent.errors?.slice(0, 3))}`);
    if (event.event === 'entry') seen.add(event.data.type);
  }
  assert.deepEqual([...seen].toSorted(), [...EVENT_TYPES].toSorted());
});
