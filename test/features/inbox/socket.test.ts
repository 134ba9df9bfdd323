import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { faults } from '../../helpers/http.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';

/** An inbox over a WebSocket: who may open it, what it brings, and how it ends. */

let redis: TestRedis;
let service: Service;
const open: SocketClient[] = [];
before(async () => {
  redis = await startRedis();
});
after(() => redis?.stop());
beforeEach(async () => {
  service = await startService(redis);
  await service.people('alice', 'bob', 'carol');
});
afterEach(async () => {
  for (const client of open.splice(0)) client.ws.terminate();
  assert.deepEqual(
    faults(service).filter((line) => !line.includes('"code":"unavailable"')),
    [],
  );
  await service?.close();
});

const SOCKET = '/v1/users/bob/inbox/socket';
const ME = '/v1/users/me/inbox/socket';

function connect(path = SOCKET, credential?: string, headers: Record<string, string> = {}) {
  const client = new SocketClient(service, path, credential, { headers });
  open.push(client);
  return client;
}

async function follow(path = SOCKET, credential: string | undefined = API_KEY, headers: Record<string, string> = {}) {
  const client = connect(path, credential, headers);
  await client.event('ready');
  return client;
}

/** A socket that is open, whose client has sent no credential yet. */
async function anonymous(path = ME, headers: Record<string, string> = {}) {
  const client = connect(path, undefined, headers);
  await eventually(() => client.ws.readyState === client.ws.OPEN, 'an open socket');
  return client;
}

const inSeconds = (s: number) => Math.floor(Date.now() / 1_000) + s;

test('events are those of the stream: ready, what is there, what comes', async () => {
  await service.say('alice', 'user:bob', 'before\n\u2028');
  const client = await follow(`${SOCKET}?start=0`);
  await service.say('alice', 'user:bob', 'live');
  await client.until(() => client.messages.length === 2, 'two messages');
  const [ready, stale, first, second] = client.frames;
  assert.deepEqual(stale, { event: 'stale', data: {} });
  assert.deepEqual([ready?.event, ready?.data], ['ready', { cursor: ready?.cursor, heartbeatMs: 20_000 }]);
  assert.deepEqual(client.texts, ['before\n\u2028', 'live']);
  assert.deepEqual(Object.keys(second!), ['event', 'cursor', 'data']);
  const { body } = await service.server.get('/v1/users/bob/inbox?start=0').expect(200);
  const { cursor, ...message } = body.items[0];
  assert.deepEqual(first, { event: 'message', cursor, data: message });
});

test('a socket resumes after any cursor, and tells of a gap', async () => {
  for (let i = 0; i < 5; i++) await service.say('alice', 'user:bob', `${i}`);
  const first = await follow(`${SOCKET}?start=0`);
  await first.until(() => first.messages.length === 5, 'five');
  first.ws.close();
  const cursor = first.frames.filter(({ event }) => event === 'message')[2]!.cursor;
  const second = await follow(`${SOCKET}?start=${cursor}`);
  await second.until(() => second.messages.length === 2, 'two');
  assert.deepEqual(second.texts, ['3', '4']);
  await service.redis.xtrim(service.keys.inbox('bob' as never), 'MAXLEN', 1);
  const third = await follow(`${SOCKET}?start=${first.frames[2]!.cursor}`);
  const gap = await third.event('gap');
  assert.deepEqual([gap.data?.reason, gap.data?.lost], ['trimmed', 3]);
  await third.until(() => third.texts.join() === '4', 'the rest');
});

test('heartbeats come, and pings, which tell a dead peer', async () => {
  await service.close();
  service = await startService(redis, { heartbeatMs: 200 });
  await service.people('bob');
  const alive = await follow();
  let pings = 0;
  alive.ws.on('ping', () => pings++);
  const dead = new SocketClient(service, SOCKET, API_KEY, { autoPong: false });
  open.push(dead);
  await alive.event('heartbeat');
  await dead.event('heartbeat');
  assert.equal((await dead.end()).code, 1006);
  await eventually(() => pings > 3, 'pings');
  assert.equal(alive.closed, undefined);
});

test('what is refused is refused before there is a socket', async () => {
  const token = await userToken('bob');
  const expired = await userToken('bob', inSeconds(-60));
  const cases: [path: string, credential: string | undefined, status: number, code: string][] = [
    [SOCKET, 'garbage', 401, 'unauthorized'],
    [SOCKET, expired, 401, 'unauthorized'],
    [`${SOCKET}?ticket=${token}`, undefined, 401, 'unauthorized'],
    ['/v1/users/alice/inbox/socket', token, 403, 'forbidden'],
    ['/v1/users/nobody/inbox/socket', API_KEY, 404, 'user_not_found'],
    [ME, API_KEY, 400, 'me_needs_user'],
    [`${SOCKET}?start=x`, token, 400, 'invalid_cursor'],
    [`${SOCKET}?start=x`, undefined, 400, 'invalid_cursor'],
    [`${SOCKET}?begin=0`, token, 400, 'invalid_request'],
    ['/v1/users/bob/inbox/sockets', token, 404, 'route_not_found'],
  ];
  for (const [path, credential, status, code] of cases) {
    const { body, type, ...refused } = await connect(path, credential).refusal();
    assert.deepEqual([refused.status, body?.code], [status, code], path);
    assert.match(type, /^application\/problem\+json/);
  }
  redis.pause();
  const { status, body } = await connect(SOCKET, token).refusal();
  redis.resume();
  assert.deepEqual([status, body?.code], [503, 'unavailable']);
});

test('without the handshake of a WebSocket the path says so', async () => {
  const plain = await service.server.get(SOCKET);
  assert.deepEqual([plain.status, plain.body.code, plain.headers.upgrade], [426, 'upgrade_required', 'websocket']);
  const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const old = await service.server.get(SOCKET).set({ ...handshake, 'sec-websocket-version': '7' });
  assert.deepEqual([old.status, old.body.code], [400, 'invalid_request']);
  assert.match(old.body.detail, /Sec-WebSocket-Version/);
});

test('a WebSocket on another path is an ordinary request, and so is an offer of another protocol', async () => {
  const { status, body } = await connect('/v1/users/bob', API_KEY).refusal();
  assert.deepEqual([status, body?.fields], [200, { name: 'bob' }]);
  for (const upgrade of ['h2c', 'websocket']) {
    const answer = await service.server
      .post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: upgrade } })
      .set({ connection: 'Upgrade, HTTP2-Settings', upgrade, 'http2-settings': 'AAMAAABkAAQAAP__' });
    assert.deepEqual([answer.status, answer.body.fields], [201, { text: upgrade }]);
  }
});

test('the first frame may carry the credential', async () => {
  const client = await anonymous();
  // Pipelined: what follows waits for it.
  client.send({ id: 't', token: await userToken('bob') });
  client.send({ id: 1, method: 'GET', path: '/v1/users/me' });
  const answer = await client.answer(1);
  assert.deepEqual([answer.status, answer.body?.uid], [200, 'bob']);
  assert.deepEqual(
    client.frames.flatMap(({ id }) => id ?? []),
    ['t', 1],
  );
  assert.deepEqual(
    client.frames.flatMap(({ event }) => event ?? []),
    ['ready', 'stale'],
  );
  await service.say('alice', 'user:bob', 'hi');
  await client.until(() => client.texts.join() === 'hi', 'a message');
});

test('any other first frame, or none, closes the socket', async () => {
  const bob = await userToken('bob');
  const cases: [frame: unknown, code: number, problem: string][] = [
    [{ id: 1, method: 'GET', path: '/v1/users/bob' }, 4401, 'unauthorized'],
    ['{', 4401, 'unauthorized'],
    [`{"token":"${'x'.repeat(20_000)}"}`, 4401, 'unauthorized'],
    [{ token: 'garbage' }, 4401, 'unauthorized'],
    [{ token: await userToken('bob', inSeconds(-60)) }, 4401, 'unauthorized'],
    [{ token: await userToken('nobody') }, 4404, 'user_not_found'],
    [{ token: API_KEY }, 4400, 'me_needs_user'],
  ];
  for (const [frame, code, problem] of cases) {
    const client = await anonymous();
    client.send(frame);
    assert.equal((await client.end()).code, code, JSON.stringify(frame).slice(0, 100));
    assert.equal(client.frames[0]?.body?.code, problem);
  }
  const other = await anonymous('/v1/users/alice/inbox/socket');
  other.send({ token: bob });
  assert.equal((await other.end()).code, 4403);
  const silent = await anonymous();
  assert.equal((await silent.end()).code, 4401);
});

test('the credential is renewed by a later frame, and the socket goes on', async () => {
  const short = await userToken('bob', inSeconds(5));
  const [client, ending] = await Promise.all([follow(ME, short), follow(ME, short)]);
  client.send({ id: 't', token: await userToken('bob') });
  assert.equal((await client.answer('t')).status, 204);
  assert.equal((await ending.end()).code, 4401);
  assert.deepEqual((await ending.event('bye')).data?.reason, 'token_expired');
  assert.equal(client.closed, undefined, 'its end was moved');
  assert.equal((await client.ask(1, 'GET', '/v1/users/me')).status, 200);
});

test('a token of another user, or a bad one, ends the socket', async () => {
  const client = await follow(ME, await userToken('bob'));
  client.send({ id: 't', token: await userToken('alice') });
  const { status, body } = await client.answer('t');
  assert.deepEqual([status, body?.code, (await client.end()).code], [403, 'forbidden', 4403]);
  const garbled = await follow(ME, await userToken('bob'));
  garbled.send({ token: 'garbage' });
  assert.equal((await garbled.end()).code, 4401);
});

test('a ticket receives, and makes no requests until a token comes', async () => {
  const { body } = await (await service.user('bob')).post('/v1/users/me/tickets').expect(201);
  const client = await follow(`${SOCKET}?ticket=${body.ticket}`, '');
  await service.say('alice', 'user:bob', 'hi');
  await client.until(() => client.texts.join() === 'hi', 'a message');
  const refused = await client.ask(1, 'GET', '/v1/users/bob');
  assert.deepEqual([refused.status, refused.body?.code], [403, 'forbidden']);
  client.send({ token: await userToken('bob') });
  assert.equal((await client.ask(2, 'GET', '/v1/users/bob')).status, 200);
  assert.equal((await connect(`/v1/users/alice/inbox/socket?ticket=${body.ticket}`).refusal()).status, 403);
  assert.ok(!service.logLines.some((line) => line.includes(body.ticket)), 'no ticket in the log');
});

test('a page of another site may not use a ticket or a token', async () => {
  await service.close();
  service = await startService(redis, { corsOrigins: ['https://app.example'] });
  await service.people('bob');
  const { body } = await (await service.user('bob')).post('/v1/users/me/tickets').expect(201);
  const host = service.url.slice('http://'.length);
  for (const path of [`${SOCKET}?ticket=${body.ticket}`, ME]) {
    for (const origin of ['https://evil.example', 'null', `https://${host}.evil.example`, '']) {
      const { status, body: problem } = await connect(path, undefined, { origin }).refusal();
      assert.deepEqual([status, problem?.code], [403, 'forbidden'], origin);
    }
    for (const origin of ['https://app.example', service.url, `https://${host}`]) await anonymous(path, { origin });
    await anonymous(path);
  }
  await follow(SOCKET, await userToken('bob'), { origin: 'https://evil.example' });
});

test('a removed user is sent away', async () => {
  const token = await userToken('bob', '1h');
  const client = await follow(ME, token);
  await service.server.delete('/v1/users/bob').expect(204);
  assert.deepEqual((await client.event('bye')).data?.reason, 'user_removed');
  assert.deepEqual(await client.end(), { code: 4404, reason: 'user_removed' });
  await service.people('bob');
  assert.equal((await connect(ME, token).refusal()).status, 401);
  const anew = await anonymous();
  anew.send({ token });
  assert.equal((await anew.end()).code, 4401, 'the token is of the former one');
});

test('a socket that is not read is closed as too slow, and one that is read goes on', async () => {
  await service.close();
  service = await startService(redis, {}, { stallMs: 300 });
  await service.people('alice', 'bob');
  const [stalled, reads] = [await follow(), await follow()];
  const socket = (stalled.ws as unknown as { _socket: { pause(): void; resume(): void } })._socket;
  socket.pause();
  // More than the kernel takes on both sides, so that the node sees a full socket.
  const messages = Array.from({ length: 100 }, () => {
    return { uid: 'alice', conversation: 'user:bob', fields: { text: 'y'.repeat(60_000) } };
  });
  const isCounted = async (state: string) =>
    (await service.with().get('/metrics')).text.includes(`redisim_subscribers{state="${state}"} 1`);
  for (let i = 0; i < 20 && !(await isCounted('behind')); i++) {
    await service.server.post('/v1/messages/batch', { messages: messages.slice(0, 15) }).expect(200);
  }
  await eventually(async () => (await isCounted('live')) && !(await isCounted('behind')), 'the stalled one to be gone');
  socket.resume();
  assert.deepEqual(await stalled.end(), { code: 4408, reason: 'too_slow' });
  assert.equal(stalled.frames.at(-1)?.data?.reason, 'too_slow');
  assert.equal((await reads.ask(1, 'GET', '/v1/users/bob')).status, 200);
});

test('over the cap a socket says bye', async () => {
  await service.close();
  service = await startService(redis, { maxSubscribersPerUser: 1 });
  await service.people('bob');
  const first = await follow();
  const second = connect(SOCKET, API_KEY);
  assert.deepEqual((await second.event('bye')).data?.reason, 'too_many_subscribers');
  assert.equal((await second.end()).code, 4429);
  first.ws.close();
  await eventually(async () => {
    const next = connect(SOCKET, API_KEY);
    const { event } = await next.until((frames) => frames[0], 'an event');
    next.ws.close();
    return event === 'ready';
  }, 'the place to be free again');
});

test('a service that stops says bye, answers what has come, and does not hang', async () => {
  const client = await follow(ME, await userToken('bob'));
  const waiting = await anonymous();
  const silent = await follow();
  // Takes no part in closing.
  silent.ws.pause();
  client.send({ id: 1, method: 'GET', path: '/v1/users/me' });
  await client.answer(1);
  for (let i = 2; i < 20; i++) client.send({ id: i, method: 'GET', path: '/v1/users/me' });
  await eventually(() => client.frames.some(({ id }) => id === 2), 'the first of them');
  const started = Date.now();
  await service.close();
  assert.ok(Date.now() - started < 5_000, `closing took ${Date.now() - started} ms`);
  assert.deepEqual((await client.event('bye')).data?.reason, 'shutdown');
  assert.deepEqual([(await client.end()).code, (await waiting.end()).code], [1001, 1001]);
  const answered = client.frames.filter(({ id }) => id !== undefined).map(({ id }) => id);
  assert.deepEqual(
    answered,
    Array.from({ length: 19 }, (_, i) => i + 1),
  );
});

test('sockets that come and go leave nothing behind', async () => {
  for (let round = 0; round < 30; round++) {
    const client = connect(round % 2 ? SOCKET : ME, round % 2 ? API_KEY : undefined);
    if (round % 3 > 0) await new Promise((resolve) => setTimeout(resolve, round));
    client.ws.terminate();
  }
  await eventually(async () => {
    const { text } = await service.with().get('/metrics');
    return [...text.matchAll(/^redisim_subscribers\{.*\} (\d+)/gm)].every(([, count]) => count === '0');
  }, 'no subscriber to be left');
  const client = await follow();
  client.ws.close();
  await eventually(
    () => service.logLines.some((line) => /"statusCode":101/.test(line)),
    'a line in the log of a socket that was closed',
  );
});
