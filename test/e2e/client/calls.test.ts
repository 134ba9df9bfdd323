import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { ApiError, all, createClient } from '../../../src/client/index.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { service } = useService({ prepare: (started) => started.people('alice', 'bob') });
const toBob = { params: { path: { uid: 'me', conversation: 'user:bob' } } };

let front: Server | undefined;
afterEach(() => {
  front?.closeAllConnections();
  front?.close();
  front = undefined;
});

/** What becomes of a request: it goes on, and its answer comes back or is lost; or it was answered on the way. */
type Fate = 'pass' | 'lose' | 'answered';

/** What stands in front of the service. @returns its URL */
async function inFront(decide: (request: IncomingMessage, response: ServerResponse) => Fate): Promise<string> {
  front = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const fate = decide(request, response);
    if (fate === 'answered') return;
    const answer = await fetch(service.url + request.url, {
      method: request.method!,
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
      body: body.length > 0 ? body : null,
    });
    if (fate === 'lose') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await once(front.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

test('a call answers with the body, or throws what the service says', async () => {
  const alice = createClient({ url: `${service.url}/`, token: await userToken('alice') });
  const message = await alice.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
    ...toBob,
    body: { fields: { text: 'hi' } },
  });
  assert.equal(message.fields.text, 'hi');
  const nothing = await alice.PUT('/v1/users/{uid}/conversations/{conversation}/typing', toBob);
  assert.equal(nothing, undefined);
  const refused = alice.GET('/v1/groups/{gid}', { params: { path: { gid: 'nowhere' } } });
  await assert.rejects(refused, (error: ApiError) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.isTemporary], [404, 'group_not_found', false]);
    assert.match(error.message, /nowhere/);
    assert.ok(error.requestId);
    return true;
  });
});

test('what is wrong with a request is told part by part', async () => {
  const alice = createClient({ url: service.url, token: await userToken('alice') });
  const wrong = { params: { path: { uid: 'me' }, query: { start: '0', count: 0 } } };
  await assert.rejects(alice.GET('/v1/users/{uid}/inbox', wrong), (error: ApiError) => {
    assert.equal(error.code, 'invalid_request');
    assert.ok(error.errors?.[0]?.path.includes('count'));
    return true;
  });
});

test('all pages of a list', async () => {
  const server = createClient({ url: service.url, token: API_KEY });
  const users = await all((after) =>
    server.GET('/v1/users', { params: { query: { limit: 1, ...(after ? { after } : {}) } } }),
  );
  assert.deepEqual(
    users.map(({ uid }) => uid),
    ['alice', 'bob'],
  );
});

test('a token that is refused is replaced by the one that its function gives then', async () => {
  const [old, fresh] = [await userToken('alice', '-1m'), await userToken('alice')];
  const asked: (string | undefined)[] = [];
  const alice = createClient({
    url: service.url,
    token: (refused) => {
      asked.push(refused);
      return refused ? fresh : old;
    },
  });
  const { uid } = await alice.GET('/v1/users/{uid}', { params: { path: { uid: 'me' } } });
  assert.equal(uid, 'alice');
  assert.deepEqual(asked, [undefined, old]);
  const stubborn = createClient({ url: service.url, token: () => old });
  const refused = stubborn.GET('/v1/users/{uid}', { params: { path: { uid: 'me' } } });
  await assert.rejects(refused, (error: ApiError) => error.status === 401 && error.endsSession && !error.isTemporary);
});

test('where there is no token for now, the call says so and may be tried again', async () => {
  const alice = createClient({
    url: service.url,
    token: () => Promise.reject(new Error('the login is down')),
    retries: 0,
  });
  await assert.rejects(alice.GET('/v1/groups/{gid}', { params: { path: { gid: 'g' } } }), {
    code: 'no_token',
    message: 'There is no token: the login is down',
    isTemporary: true,
  });
});

test('a call that can do nothing twice is repeated, when the service asks for it', async () => {
  const times: number[] = [];
  const url = await inFront((_request, response) => {
    times.push(performance.now());
    if (times.length > 1) return 'pass';
    const problem = { code: 'too_many_requests', detail: 'Slower.' };
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '1' });
    response.end(JSON.stringify(problem));
    return 'answered';
  });
  const alice = createClient({ url, token: await userToken('alice') });
  const { uid } = await alice.GET('/v1/users/{uid}', { params: { path: { uid: 'me' } } });
  assert.equal(uid, 'alice');
  assert.ok(times[1]! - times[0]! > 950, `${times}`);
});

test('where the answer was lost, a message with a name of its own is sent again; one without is not', async () => {
  let sends = 0;
  const url = await inFront(() => (sends++ === 0 ? 'lose' : 'pass'));
  const alice = createClient({ url, token: await userToken('alice') });
  const send = (body: { fields: { text: string }; clientMessageId?: string }) =>
    alice.POST('/v1/users/{uid}/conversations/{conversation}/messages', { ...toBob, body });
  const named = await send({ fields: { text: 'once' }, clientMessageId: 'c-1' });
  assert.deepEqual([named.clientMessageId, sends], ['c-1', 2]);
  sends = 0;
  await assert.rejects(send({ fields: { text: 'perhaps' } }), { code: 'no_answer' });
  assert.equal(sends, 1);
  const { items } = await alice.GET('/v1/users/{uid}/conversations/{conversation}/messages', toBob);
  assert.deepEqual(
    items.slice(-2).map(({ fields }) => fields.text),
    ['once', 'perhaps'],
  );
});

test('what something in front of the service answers is no answer of it', async () => {
  const alice = async (url: string) => createClient({ url, token: await userToken('alice'), retries: 0 });
  const get = async (url: string) => (await alice(url)).GET('/v1/users/{uid}', { params: { path: { uid: 'me' } } });
  for (const status of [200, 403, 502]) {
    const url = await inFront((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Pay for the wifi</h1>');
      return 'answered';
    });
    await assert.rejects(get(url), { status: 0, code: 'no_answer', isTemporary: true }, `${status}`);
    front!.close();
  }
  await assert.rejects(get('http://127.0.0.1:1'), { status: 0, code: 'no_answer' });
});

test('no answer in time is no answer, and a call that is given up ends at once', async () => {
  const url = await inFront(() => 'answered');
  const alice = createClient({ url, token: await userToken('alice'), timeoutMs: 100, retries: 1 });
  const me = { params: { path: { uid: 'me' } } };
  const begun = performance.now();
  await assert.rejects(alice.GET('/v1/users/{uid}', me), { code: 'no_answer' });
  assert.ok(performance.now() - begun < 2_000);
  const ending = new AbortController();
  const given = createClient({ url, token: 'x' }).GET('/v1/users/{uid}', { ...me, signal: ending.signal });
  ending.abort(new Error('enough'));
  await assert.rejects(given, { message: 'enough' });
});
