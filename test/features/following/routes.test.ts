import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { createEventSource, type EventSourceMessage } from 'eventsource-client';
import { eventually } from '../../helpers/delivery.ts';
import { document } from '../../helpers/openapi.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { useService } from '../../helpers/use.ts';

/** One conversation over HTTP: as a stream, over a WebSocket, by long-poll. */

const { service } = useService({
  each: true,
  prepare: async (service) => {
    await service.people('alice', 'bob', 'carol');
    await service.team('team', 'alice', 'bob');
  },
});
afterEach(() => {
  for (const close of open.splice(0)) close();
});
const open: (() => void)[] = [];

const TEAM = '/v1/users/bob/conversations/group:team';
const say = (text: string) => service.say('alice', 'group:team', text);
const read = (query: string) => service.server.get(`${TEAM}/messages?${query}`);
const texts = (items: { fields: { text?: string }; action?: string }[]) =>
  items.map(({ fields, action }) => fields.text ?? action);

function follow(path: string, credential: string | undefined = API_KEY) {
  const events: EventSourceMessage[] = [];
  const source = createEventSource({
    url: `${service.url}${path}`,
    headers: credential ? { authorization: `Bearer ${credential}` } : {},
    onMessage: (event) => void events.push(event),
  });
  open.push(() => source.close());
  const has = (name: string) => events.some(({ event }) => event === name);
  const messages = () => events.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data));
  return { source, events, messages, comes: (name: string) => eventually(() => has(name), name) };
}

test('an EventSource follows a conversation, and resumes after its last event', async () => {
  const { id } = await say('one');
  const first = follow(`${TEAM}/stream?start=${id}`);
  await first.comes('ready');
  await say('two');
  await eventually(() => first.messages().length === 1, 'two');
  const last = first.events.at(-1)!.id!;
  assert.match(last, /^\d+~\d+~\d+-\d+$/);
  first.source.close();
  await say('three');
  const second = follow(`${TEAM}/stream?start=${last}`);
  await eventually(() => second.messages().length === 1, 'three');
  assert.deepEqual([texts(first.messages()), texts(second.messages())], [['two'], ['three']]);
});

test('a ticket opens it; who quits is sent away, and the next time refused', async () => {
  const bob = service.with(await userToken('bob'));
  const { body } = await bob.post('/v1/users/me/tickets').expect(201);
  const stream = follow(`${TEAM}/stream?ticket=${body.ticket}`, '');
  await stream.comes('ready');
  await bob.delete('/v1/groups/team/members/bob').expect(204);
  await stream.comes('bye');
  assert.equal(JSON.parse(stream.events.find(({ event }) => event === 'bye')!.data).reason, 'not_member');
  assert.equal((await bob.get(`${TEAM}/stream`).expect(403)).body.code, 'not_member');
  assert.equal((await bob.get(`${TEAM}/messages?after=1-1&block=0`).expect(403)).body.code, 'not_member');
});

test('lines of NDJSON are what the document says', async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  const isEvent = ajv.compile({ $ref: 'document#/components/schemas/ConversationStreamEvent' });
  for (let i = 0; i < 5; i++) await say(`${i}`);
  const { body } = await read('limit=1');
  await service.redis.xtrim(service.keys.log('gs:team' as never), 'MINID', body.items[0].id);
  const answer = await fetch(`${service.url}${TEAM}/stream?start=1~1~1-1`, {
    headers: { authorization: `Bearer ${API_KEY}`, accept: 'application/x-ndjson' },
  });
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('"event":"gap"') && text.endsWith('\n')) break;
  }
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ event }) => event).slice(0, 3), ['ready', 'stale', 'gap']);
  for (const line of lines) assert.ok(isEvent(line), JSON.stringify([line, isEvent.errors]));
  const { mapping } = (
    document.components.schemas.ConversationStreamEvent as unknown as { discriminator: { mapping: object } }
  ).discriminator;
  for (const pointer of Object.values(mapping)) {
    const { examples } = document.components.schemas[pointer.split('/').at(-1)!] as unknown as { examples: object[] };
    assert.ok(isEvent(examples[0]), pointer);
  }
});

test('a WebSocket receives it, makes requests, and is closed when the group goes', async () => {
  const client = await SocketClient.live(service, `${TEAM}/socket`, await userToken('bob'));
  await say('hi');
  await client.until(() => client.messages.length === 1, 'a message');
  assert.deepEqual(client.texts, ['hi']);
  const answer = await client.ask(1, 'POST', '/v1/users/me/conversations/group:team/messages', {
    fields: { text: 'ok' },
  });
  assert.equal(answer.status, 201);
  await client.until(() => client.messages.length === 2, 'its own message');
  await service.server.delete('/v1/groups/team').expect(204);
  assert.deepEqual((await client.end()).code, 4404);
  const byToken = await SocketClient.open(service, '/v1/users/me/conversations/user:alice/socket');
  byToken.send({ token: await userToken('bob') });
  await byToken.event('ready');
  await service.say('alice', 'user:bob', 'direct');
  await byToken.until(() => byToken.messages.length === 1, 'a message');
  byToken.ws.terminate();
});

test('a long-poll pages through the log, then waits for what comes next', async () => {
  const first = await say('0');
  for (let i = 1; i < 5; i++) await say(`${i}`);
  const seen: (string | undefined)[] = [];
  let after = first.id;
  for (;;) {
    const { body } = await read(`after=${after}&limit=2&block=0`).expect(200);
    after = body.next;
    assert.match(after, /~/);
    if (body.items.length === 0) break;
    seen.push(...texts(body.items));
  }
  assert.deepEqual(seen, ['1', '2', '3', '4']);
  const waiting = read(`after=${after}&block=10000`).expect(200);
  const begun = Date.now();
  const answer = waiting.then(({ body }) => ({ body, took: Date.now() - begun }));
  await eventually(
    async () => /state="waiting"\} 1/.test((await service.with().get('/metrics')).text),
    'a waiting poll',
  );
  await service.server.delete(`${TEAM.replace('bob', 'alice')}/messages/${first.id}`).expect(204);
  const { body, took } = await answer;
  assert.deepEqual(texts(body.items), ['erase']);
  assert.ok(took < 8_000);
  assert.deepEqual((await read(`after=${body.next}&block=100`).expect(200)).body.items, []);
  assert.deepEqual(
    texts((await read(`after=${after}`).expect(200)).body.items),
    ['erase'],
    'a cursor alone does not wait',
  );
});

test('what was missed is told in front of what is left', async () => {
  for (let i = 0; i < 4; i++) await say(`${i}`);
  const { body: all } = await read('after=0-0&block=0').expect(200);
  await service.redis.xtrim(service.keys.log('gs:team' as never), 'MINID', all.items[4].id);
  const first = all.next.replace(/[^~]*$/, all.items[0].id);
  const { body } = await read(`after=${first}&block=0`).expect(200);
  assert.deepEqual([body.gap.reason, body.gap.lost, texts(body.items)], ['trimmed', 3, ['2', '3']]);
});

test('a long-poll of somebody who quits ends at once, refused', async () => {
  const { id } = await say('x');
  const waiting = read(`after=${id}&block=10000`).expect(403);
  const answer = waiting.then(({ body }) => body.code);
  await eventually(
    async () => /state="waiting"\} 1/.test((await service.with().get('/metrics')).text),
    'a waiting poll',
  );
  await service.server.delete('/v1/groups/team/members/bob').expect(204);
  assert.equal(await answer, 'not_member');
});

test('what is no cursor is told what one looks like; nothing makes a 500', async () => {
  const max = '18446744073709551615';
  for (const start of [
    '',
    'x',
    '1',
    '1~2',
    '1~2~3',
    '1~1-1',
    '1~2~3~4-5',
    '1~2~3-18446744073709551616',
    '01~1~1-1',
    '99999999999999999999~1~1-1',
    '1~1~1-1\n',
  ]) {
    const answer = await service.server.get(`${TEAM}/stream?start=${encodeURIComponent(start)}`);
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_cursor'], start);
    assert.match(answer.body.detail, /1763900000123~7~1763900311455-42/);
    const poll = await read(`after=${encodeURIComponent(start)}&block=0`);
    assert.deepEqual([poll.status, poll.body.code], [400, 'invalid_request'], start);
  }
  for (const after of [`${max}-${max}`, `${max}~${max}~${max}-${max}`, '0~0~0-0', '0-0', `1~1~${max}-1`, `1-${max}`]) {
    await read(`after=${after}&block=0`).expect(200);
  }
  assert.match((await read('block=0').expect(400)).body.detail, /needs an "after"/);
  assert.match((await read('block=0&before=1-1&after=1-1').expect(400)).body.detail, /no "before"/);
  for (const query of ['block=-1', 'block=60001', 'after=1-1&block=x']) await read(query).expect(400);
  await service.server.get('/v1/users/bob/conversations/group:none/stream').expect(404);
  await service.server.get('/v1/users/nobody/conversations/group:team/stream').expect(404);
  await service.server.get('/v1/users/carol/conversations/group:team/stream').expect(403);
  await service.server.get(`${TEAM}/stream`).set('accept', 'text/html').expect(406);
  await service.server.get(`${TEAM}/socket`).expect(426);
});
