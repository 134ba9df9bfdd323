import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { wordsFor } from '../../../src/http/openapi/patterns.ts';
import { assertRefused, call, closeConnections, open } from '../../helpers/http.ts';
import { document, withJson } from '../../helpers/openapi.ts';
import { API_KEY } from '../../helpers/service.ts';
import { ADMIN_KEY, SPACES_ON } from '../../helpers/spaces.ts';
import { useService } from '../../helpers/use.ts';

/** What is told to somebody who gets the API nearly right. */

// Before the service is asked to end, which waits for them.
after(closeConnections);
const { service } = useService({ config: SPACES_ON, prepare: (service) => service.people('alice', 'bob') });

const SEND = '/v1/users/alice/conversations/user:bob/messages';

async function detailOf(method: 'get' | 'put' | 'post' | 'patch', path: string, body?: object): Promise<string> {
  const answer = await service.server[method](path, body).expect(400);
  const [first] = answer.body.errors ?? [];
  if (first) assert.equal(answer.body.detail, `${first.path}: ${first.message}`);
  return answer.body.detail;
}

test('fields outside "fields" are shown inside', async () => {
  const cases: [body: object, expected: string][] = [
    [{ text: 'hi' }, '{"fields":{"text":"hi"}}'],
    [{ body: 'hello, bob', lang: 'en' }, '{"fields":{"body":"hello, bob","lang":"en"}}'],
    // What is long, many or no text is not repeated, and what belongs beside "fields" stays there.
    [{ text: 'x'.repeat(1_000) }, '{"fields":{"text":"hi"}}'],
    [{ text: { nested: true } }, '{"fields":{"text":"hi"}}'],
    [{ ['x'.repeat(1_000)]: 'hi' }, '{"fields":{"text":"hi"}}'],
    [Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`n${i}`, 'x'])), '{"fields":{"text":"hi"}}'],
    [{ clientMessageId: 'm-1' }, '{"fields":{"text":"hi"}}'],
  ];
  for (const [body, expected] of cases) {
    const detail = await detailOf('post', SEND, body);
    assert.ok(detail.includes(expected), detail);
    assert.ok(detail.length < 400, `${detail.length}`);
  }
  assert.match(await detailOf('put', '/v1/users/carol', { name: 'Carol' }), /\{"fields":\{"name":"Carol"\}\}/);
  assert.match(await detailOf('put', '/v1/groups/g', { title: 'G' }), /\{"fields":\{"title":"G"\}\}/);
});

const IN_PATHS: Record<string, string> = {
  conversation: 'user:bob',
  mid: '1763900311455-42',
  webhook: '3f0a6c1e-5a0b-4a57-9b3d-1d2c7f5a9e10',
};

test('who sends no object is shown one, of this operation', async () => {
  for (const operation of withJson) {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => IN_PATHS[name] ?? 'alice');
    const example = JSON.stringify(operation.requestBody?.content['application/json']?.example);
    for (const body of ['', '[]', '"hi"', 'null']) {
      const key = operation.security.some((scheme) => 'adminKey' in scheme) ? ADMIN_KEY : API_KEY;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await call(service.url, { method: operation.method, path, headers, body });
      const { detail } = assertRefused(answer, operation.operationId);
      assert.equal(detail, `body: Send a JSON object, for example ${example}`);
    }
  }
  assert.match(await detailOf('post', SEND), /^body: Send a JSON object, for example \{"fields":/);
});

test('a conversation without its kind is shown with one', async () => {
  const detail = await detailOf('post', '/v1/users/alice/conversations/bob/messages', { fields: { text: 'hi' } });
  assert.match(detail, /Write user:bob or group:bob/);
  const other = await detailOf('get', '/v1/users/alice/conversations/room:x/messages');
  assert.match(other, /"room:x" is not a conversation: write user: or group: and an id/);
});

test('a parameter or member of another name is told the one that is meant, or all there are', async () => {
  const cases: [path: string, expected: RegExp][] = [
    ['/v1/users/bob/inbox?limit=5', /use "count"/],
    ['/v1/users/bob/inbox?after=1-1', /use "start"/],
    ['/v1/users/bob/inbox?timeout=5', /use "block"/],
    ['/v1/users/bob/inbox?Count=5', /use "count"/],
    ['/v1/users/bob/inbox?nonsense=5', /"nonsense".*it takes start, count, block/],
    ['/v1/users/bob/conversations?count=5', /use "limit"/],
    ['/v1/users/bob/conversations?cursor=x', /use "after"/],
    [`${SEND}?start=1-1`, /use "after"/],
    ['/v1/users?ids=bob&uids=alice', /use "ids"/],
  ];
  for (const [path, expected] of cases) assert.match(await detailOf('get', path), expected, path);
  const member = await detailOf('post', SEND, { fields: { text: 'hi' }, clientmessageid: 'm-1' });
  assert.match(member, /use "clientMessageId"/);
  const unknown = await detailOf('post', SEND, { fields: { text: 'hi' }, to: 'bob' });
  assert.match(unknown, /"to".*it takes fields, clientMessageId/);
});

test('a message says something; a profile and a group need not', async () => {
  const empty = /needs at least one field, or an attachment, for example \{"fields":\{"text":"hi"\}\}/;
  assert.match(await detailOf('post', SEND, { fields: {} }), empty);
  const messages = [{ uid: 'alice', conversation: 'user:bob', fields: {} }];
  const { body } = await service.server.post('/v1/messages/batch', { messages }).expect(200);
  assert.match(body.results[0].problem.detail, empty);
  await service.server.put('/v1/users/blank', { fields: {} }).expect(201);
  await service.server.put('/v1/groups/blank', { fields: {}, owner: 'alice' }).expect(201);
  assert.match(await detailOf('patch', '/v1/groups/blank', {}), /needs at least one member, for example \{"fields":/);
});

test('no one is told a regular expression', async () => {
  const patterns = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name === 'pattern' && typeof member === 'string') patterns.add(member);
      collect(member);
    }
  };
  collect(document);
  assert.ok(patterns.size >= 8);
  for (const pattern of patterns) assert.ok(wordsFor(pattern), `${pattern} has no words in schemas/patterns.ts`);
  const wrong: [method: 'get' | 'post' | 'put', path: string, body?: object][] = [
    ['get', '/v1/users/a:b'],
    ['get', '/v1/groups/me'],
    ['get', '/v1/users?ids=a,,b'],
    ['get', `/v1/users?ids=${Array.from({ length: 101 }, () => 'a').join()}`],
    ['get', `${SEND}/latest`],
    ['get', `${SEND}?before=x`],
    ['get', '/v1/users/bob/inbox?start=x'],
    ['get', '/v1/users/bob/inbox/stream?start=x'],
    ['get', '/v1/users/bob/conversations/user:alice/stream?start=x'],
    ['get', `${SEND}?after=x&block=0`],
    ['get', '/v1/users/bob/contacts?after=x'],
    ['get', '/v1/users/bob/conversations?after=x'],
    ['post', SEND, { fields: { text: 'x' }, clientMessageId: ' ' }],
    ['put', '/v1/groups/g', { fields: {}, owner: 'me' }],
    ['put', '/v1/users/bob/conversations/user:alice/read', { upTo: 'x' }],
    ['post', '/v1/demo/login', { name: ' ' }],
  ];
  for (const [method, path, body] of wrong) {
    const detail = await detailOf(method, path, body);
    assert.doesNotMatch(detail, /pattern|\^|\\|\[A-Z/, path);
    assert.match(detail, /for example \S/, path);
  }
});

test('a name is as long as it looks: in characters, not in halves of them', async () => {
  const name = (length: number) => '😀'.repeat(length);
  const fields = { [name(33)]: 'x', [name(64)]: 'x' };
  await service.server.post(SEND, { fields }).expect(201);
  await service.server.put('/v1/users/emoji', { fields }).expect(201);
  await service.server.patch('/v1/users/emoji', { fields: { [name(64)]: null } }).expect(200);
  assert.match(await detailOf('post', SEND, { fields: { [name(65)]: 'x' } }), /1 to 64 characters/);
  const { body } = await service.with().post('/v1/demo/login', { name: name(64) });
  assert.notEqual(body.code, 'invalid_request', body.detail);
  assert.match(await detailOf('post', '/v1/demo/login', { name: name(65) }), /1 to 64 characters/);
});

/** What a request line is answered with. */
async function raw(line: string, headers = ''): Promise<string> {
  const socket = open(service.url);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`${line}\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

test('a method that a path does not have is 405 with those it has, whatever the method and the body', async () => {
  for (const method of ['QUERY', 'TRACE', 'PROPFIND', 'MKCOL', 'OPTIONS', 'POST', 'DELETE', 'FOO', 'BREW']) {
    const answer = await raw(`${method} /healthz HTTP/1.1`);
    assert.match(answer, /^HTTP\/1\.1 405 /, `${method}: ${answer}`);
    assert.match(answer, /\r\nallow: GET, HEAD\r\n/i, answer);
    assert.match(answer, /"code":"method_not_allowed"/);
  }
  const typed = await raw('POST /healthz HTTP/1.1', 'content-type: text/plain\r\ncontent-length: 2\r\n\r\nhi');
  assert.match(typed, /^HTTP\/1\.1 405 /, typed);
  for (const method of ['QUERY', 'FOO', 'POST']) {
    const answer = await raw(`${method} /nowhere?ticket=s3cr3t HTTP/1.1`);
    assert.match(answer, /^HTTP\/1\.1 404 [\s\S]*"code":"route_not_found"/, answer);
  }
  for (const path of [
    '/%',
    '/v1/users/%E0%A4%A',
    '/%00',
    '//',
    '/*',
    '/v1/users/:uid',
    `/${'x'.repeat(1_900)}`,
    '/v1/users/\u00fc',
  ]) {
    assert.match(await raw(`FOO ${path} HTTP/1.1`), /^HTTP\/1\.1 4\d\d [\s\S]*"requestId"/, path);
  }
  assert.match(await raw('FOO'), /^HTTP\/1\.1 400 /);
  const { headers } = await service.server.put('/v1/users/bob/inbox').expect(405);
  assert.equal(headers.allow, 'GET');
});
