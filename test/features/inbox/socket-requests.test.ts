import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { faults } from '../../helpers/http.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';

/** Requests in the frames of a socket: by the rules of the routes, in order, and bounded. */

let redis: TestRedis;
let service: Service;
const open: SocketClient[] = [];
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
  await service.people('alice', 'bob', 'carol');
});
afterEach(() => {
  for (const client of open.splice(0)) client.ws.terminate();
});
after(async () => {
  await service?.close();
  await redis?.stop();
});

const ME = '/v1/users/me/inbox/socket';
const TO_ALICE = '/v1/users/me/conversations/user:alice/messages';

async function follow(credential?: string) {
  const client = await SocketClient.live(service, ME, credential ?? (await userToken('bob')));
  open.push(client);
  return client;
}

test('a request is answered as over HTTP', async () => {
  const client = await follow();
  const sent = await client.ask(1, 'POST', TO_ALICE, { fields: { text: 'hi' }, clientMessageId: 'm-1' });
  assert.deepEqual([sent.status, sent.body?.fields], [201, { text: 'hi' }]);
  const again = await client.ask('two', 'POST', TO_ALICE, { fields: { text: 'hi' }, clientMessageId: 'm-1' });
  assert.deepEqual(again, { id: 'two', status: 200, body: sent.body });
  const mid = String(sent.body?.id);
  assert.deepEqual(await client.ask(3, 'DELETE', `${TO_ALICE}/${mid}`), { id: 3, status: 204 });
  const history = await client.ask(4, 'GET', `${TO_ALICE}?limit=1`, null);
  const { body } = await (await service.user('bob')).get(`${TO_ALICE}?limit=1`).expect(200);
  assert.deepEqual(history, { id: 4, status: 200, body });
  const refused = await client.ask(5, 'POST', TO_ALICE, { text: 'hi' });
  const { requestId, ...problem } = refused.body!;
  const overHttp = await (await service.user('bob')).post(TO_ALICE, { text: 'hi' }).expect(400);
  assert.deepEqual({ ...problem, requestId: overHttp.body.requestId }, overHttp.body);
  assert.notEqual(requestId, overHttp.body.requestId);
});

test('what is sent over a socket comes over sockets', async () => {
  const [bob, alice] = [await follow(), await follow(await userToken('alice'))];
  await bob.ask(1, 'POST', TO_ALICE, { fields: { text: 'over a socket' } });
  await alice.until(() => alice.texts.includes('over a socket'), 'the message');
  await bob.until(() => bob.texts.includes('over a socket'), 'the own one');
});

test('only what a user token may call, and nothing that waits', async () => {
  const client = await follow();
  const asKey = await SocketClient.live(service, '/v1/users/bob/inbox/socket', API_KEY);
  open.push(asKey);
  const paths: [method: string, path: string][] = [
    ['GET', '/healthz'],
    ['GET', '/metrics'],
    ['GET', '/openapi.json'],
    ['GET', '/docs/json'],
    ['GET', '/'],
    ['GET', '/v1/demo'],
    ['POST', '/v1/demo/login'],
    ['POST', '/v1/tokens'],
    ['POST', '/v1/messages/batch'],
    ['DELETE', '/v1/users/carol'],
    ['GET', '/v1/users/bob/inbox/stream'],
    ['GET', '/v1/users/bob/inbox/socket'],
    ['GET', '/v1/users/../../metrics'],
    ['GET', '/v1/users/%2e%2e/%2e%2e/metrics'],
    ['GET', '/v1/nothing'],
  ];
  let id = 0;
  for (const [method, path] of paths) {
    for (const one of [client, asKey]) {
      const { status, body } = await one.ask(++id, method, path);
      assert.deepEqual([status, body?.code], [404, 'route_not_found'], `${method} ${path}`);
    }
  }
  const inbox = '/v1/users/bob/inbox';
  assert.equal((await client.ask('now', 'GET', `${inbox}?start=0&block=0`)).status, 200);
  for (const query of ['start=$&block=60000', 'start=$&bloc%6b=60000', 'start=$&block=0&block=60000']) {
    const { status, body } = await client.ask(++id, 'GET', `${inbox}?${query}`);
    assert.deepEqual([status, body?.code], [400, 'invalid_request'], query);
  }
  assert.equal((await client.ask(++id, 'GET', '/v1/users/alice/inbox')).status, 403);
});

test('answers have the order of the requests, and so have their effects', async () => {
  const client = await follow();
  const ids = Array.from({ length: 30 }, (_, i) => `m${i}`);
  for (const id of ids) {
    const [method, path, body] = id.endsWith('7')
      ? ['GET', '/v1/users/nobody']
      : ['POST', '/v1/users/me/conversations/user:carol/messages', { fields: { text: id } }];
    client.send({ id, method, path, ...(body ? { body } : {}) });
  }
  await client.answer(ids.at(-1)!);
  const answered = client.frames.filter(({ id }) => id !== undefined).map(({ id }) => id);
  assert.deepEqual(answered, ids);
  const { body } = await service.server.get('/v1/users/carol/conversations/user:bob/messages').expect(200);
  assert.deepEqual(
    body.items.map((message: { fields: { text: string } }) => message.fields.text).toSorted(),
    ids.filter((id) => !id.endsWith('7')).toSorted(),
  );
  const inOrder = await service.server.get('/v1/users/carol/inbox?start=0&count=100').expect(200);
  assert.deepEqual(
    inOrder.body.items.map((item: { fields: { text: string } }) => item.fields.text),
    ids.filter((id) => !id.endsWith('7')),
  );
});

test('of 33 in flight one is answered 429, and the others are done', async () => {
  const client = await follow();
  redis.pause();
  // In one write, so that they come together.
  const socket = (client.ws as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
  socket.cork();
  for (let id = 1; id <= 33; id++) client.send({ id, method: 'GET', path: '/v1/users/me' });
  socket.uncork();
  const { status, body } = await client.answer(33);
  redis.resume();
  assert.deepEqual([status, body?.code], [429, 'too_many_requests']);
  await client.answer(32);
  assert.deepEqual(
    client.frames.filter(({ status }) => status === 200).map(({ id }) => id),
    Array.from({ length: 32 }, (_, i) => i + 1),
  );
});

test('a client that closes at once has its requests done', async () => {
  const client = await follow(await userToken('carol'));
  for (let i = 0; i < 10; i++) {
    const body = { fields: { text: `last words ${i}` } };
    client.send({ id: i, method: 'POST', path: '/v1/users/me/conversations/user:alice/messages', body });
  }
  client.ws.close();
  const alice = await follow(await userToken('alice'));
  const isThere = async () => {
    const { body } = await alice.ask(`${Math.random()}`, 'GET', '/v1/users/me/conversations/user:carol/messages');
    return (body!.items as object[]).length === 10;
  };
  for (let i = 0; i < 500 && !(await isThere()); i++);
  assert.ok(await isThere());
});

test('a frame that can not be read is told what to change, and many end the socket', async () => {
  const client = await follow();
  const frames: [frame: string, detail: RegExp][] = [
    ['{', /not valid JSON/],
    ['[]', /JSON object/],
    ['null', /JSON object/],
    ['{"id":{}}', /"id" must be/],
    ['{"id":1}', /"method" must be one of: GET/],
    ['{"method":"GET","path":"/v1/users/me"}', /needs an "id"/],
    ['{"id":1,"method":"get","path":"/v1/users/me"}', /"method"/],
    ['{"id":1,"method":"GET","path":"http://127.0.0.1/metrics"}', /"path" must begin with a slash/],
    ['{"id":1,"method":"GET","path":"/v1/users/me","headers":{}}', /not "headers"/],
    ['{"token":1}', /"token" must be/],
  ];
  for (const [i, [frame, detail]] of frames.entries()) {
    client.send(frame);
    const answer = await client.until((all) => all.filter(({ status }) => status === 400)[i], frame);
    assert.match(answer.body!.detail!, detail);
    assert.equal(answer.body!.code, 'invalid_request');
  }
  assert.equal((await client.end()).code, 1008);
  assert.deepEqual(faults(service), []);
});

test('garbage, binary frames and frames that are too large end the socket and no more', async () => {
  const binary = await follow();
  binary.ws.send(Buffer.from('{}'));
  assert.equal((await binary.end()).code, 1003);
  const large = await follow();
  large.send(`{"id":1,"method":"POST","path":"${TO_ALICE}","body":{"fields":{"text":"${'x'.repeat(600_000)}"}}}`);
  assert.equal((await large.end()).code, 1009);
  const garbled = await follow();
  (garbled.ws as unknown as { _socket: { write(data: Buffer): void } })._socket.write(Buffer.alloc(100, 0xff));
  assert.equal((await garbled.end()).code, 1002);
  const nested = await follow();
  const deep = `{"id":1,"method":"PUT","path":"/v1/users/me","body":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  nested.send(deep);
  assert.equal((await nested.answer(1)).status, 400);
  const forged = await follow();
  forged.send('{"id":1,"method":"PUT","path":"/v1/users/me","body":{"fields":{},"__proto__":{"x":1}}}');
  assert.equal((await forged.answer(1)).status, 400);
  assert.deepEqual(faults(service), []);
});

test('the largest body of a user fits, and a larger one is refused by its route', async () => {
  const client = await follow();
  const largest = await client.ask(1, 'POST', TO_ALICE, { fields: { text: '\u0001'.repeat(65_000) } });
  assert.equal(largest.status, 201);
  const tooLarge = await client.ask(2, 'POST', TO_ALICE, { fields: { text: 'x'.repeat(525_000) } });
  assert.deepEqual([tooLarge.status, tooLarge.body?.code], [413, 'body_too_large']);
  const small = await client.ask(3, 'PUT', '/v1/users/me/conversations/user:alice/read', { upTo: 'x'.repeat(5_000) });
  assert.equal(small.status, 413);
});

test('a request is checked when it is made: a token that has ended, a user who was removed', async () => {
  await service.people('dora');
  const client = await SocketClient.live(service, ME, await userToken('dora'));
  open.push(client);
  assert.equal((await client.ask(1, 'GET', '/v1/users/me')).status, 200);
  await service.server.delete('/v1/users/dora').expect(204);
  client.send({ id: 2, method: 'GET', path: '/v1/users/me' });
  assert.equal((await client.end()).code, 4404);
  const late = client.frames.find(({ id }) => id === 2);
  assert.ok(late === undefined || late.status === 401, `${late?.status}`);
});

test('requests over a socket are limited with all others of the user', async () => {
  const limited = await startService(redis, { rateLimit: 1, rateLimitBurst: 5 });
  try {
    await limited.people('bob');
    const client = await SocketClient.live(limited, ME, await userToken('bob'));
    open.push(client);
    const statuses: number[] = [];
    for (let id = 1; id <= 6; id++) statuses.push((await client.ask(id, 'GET', '/v1/users/me')).status!);
    assert.deepEqual(statuses.slice(0, 4), [200, 200, 200, 200]);
    assert.ok(statuses.includes(429), `${statuses}`);
    client.send({ id: 't', token: await userToken('bob') });
    assert.equal((await client.answer('t')).status, 429, 'a token is a request, too');
    assert.equal(client.closed, undefined);
  } finally {
    await limited.close();
  }
});

test('without Redis a request is told so, and the socket stays', async () => {
  const client = await follow();
  redis.pause();
  client.send({ id: 1, method: 'GET', path: '/v1/users/me' });
  client.send({ id: 2, method: 'POST', path: TO_ALICE, body: { fields: { text: 'x' }, clientMessageId: 'm-9' } });
  const [read, sent] = [await client.answer(1), await client.answer(2)];
  redis.resume();
  assert.deepEqual([read.status, read.body?.code], [503, 'unavailable']);
  // Where the credential could not be checked, surely nothing was done.
  assert.ok(['outcome_unknown', 'unavailable'].includes(String(sent.body?.code)), JSON.stringify(sent));
  let attempt = 2;
  await eventually(async () => {
    const body = { fields: { text: 'x' }, clientMessageId: 'm-9' };
    const { status } = await client.ask(++attempt, 'POST', TO_ALICE, body);
    return status === 201 || status === 200;
  }, 'the message to be stored');
  assert.equal(client.closed, undefined);
});
