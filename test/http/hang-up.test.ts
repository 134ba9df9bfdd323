import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../helpers/delivery.ts';
import { assertRefused, contents, faults, open } from '../helpers/http.ts';
import { withJson } from '../helpers/openapi.ts';
import { API_KEY } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

/** Clients that go away in the middle of something, or speak no HTTP, on bare connections. */

const { service } = useService({
  prepare: async (service) => {
    await service.people('alice', 'bob');
    await service.team('team', 'alice', 'bob');
  },
});

const paths = { uid: 'alice', peer: 'bob', gid: 'team', conversation: 'user:bob', mid: '1-1' };
const fill = (path: string) => path.replace(/\{(\w+)\}/g, (_, name: keyof typeof paths) => paths[name]);

function head(method: string, path: string, body: string, headers = ''): string {
  const type = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method.toUpperCase()} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n${type}${headers}\r\n`;
}

/** Everything that comes until the other side ends the connection. */
async function all(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) text += chunk;
  return text;
}

/** The answer of a raw exchange, taken apart. */
function parse(text: string) {
  const [top = '', body = ''] = text.split('\r\n\r\n', 2);
  const [line = '', ...lines] = top.split('\r\n');
  const headers = Object.fromEntries(lines.map((header) => header.toLowerCase().split(': ') as [string, string]));
  return { status: Number(line.split(' ')[1]), headers, text: body };
}

/** Waits until the service has no connection left. */
async function untilAlone(): Promise<void> {
  const count = () =>
    new Promise<number>((resolve, reject) => {
      service.app.server.getConnections((error, connections) => (error ? reject(error) : resolve(connections)));
    });
  for (let i = 0; (await count()) > 0; i++) {
    assert.ok(i < 300, 'connections stay');
    await delay(10);
  }
}

test('a client that hangs up in the middle of its request has changed nothing', async () => {
  const untouched = await contents(service);
  for (const { method, path, requestBody } of withJson) {
    const body = JSON.stringify(requestBody?.content['application/json']?.example);
    const text = head(method, fill(path), body) + body;
    // In the request line, the headers, before, in and at the end of the body.
    for (const length of [5, 40, text.length - body.length, text.length - 10, text.length - 1]) {
      const socket = open(service.url);
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(text.slice(0, length), resolve));
      if (length % 2) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
  await untilAlone();
  assert.deepEqual(await contents(service), untouched);
  assert.deepEqual(faults(service), []);
});

test('a message whose sender hangs up at once is there for all or for none', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `hasty ${i}`);
  for (const [i, text] of texts.entries()) {
    const body = JSON.stringify({ fields: { text } });
    const socket = open(service.url);
    await once(socket, 'connect');
    const request = head('POST', '/v1/users/alice/conversations/group:team/messages', body) + body;
    await new Promise((resolve) => socket.write(request, resolve));
    if (i % 2) socket.resetAndDestroy();
    else socket.destroy();
  }
  await untilAlone();
  const read = async (path: string) => {
    const { body } = await service.server.get(path).expect(200);
    return body.items
      .map((item: { fields: { text?: string } }) => item.fields.text)
      .filter((text: string | undefined) => text?.startsWith('hasty'));
  };
  const log = await read('/v1/users/alice/conversations/group:team/messages?limit=100');
  assert.ok(log.length > 0, 'none was sent');
  assert.equal(new Set(log).size, log.length);
  for (const uid of ['alice', 'bob']) {
    assert.deepEqual(await read(`/v1/users/${uid}/inbox?start=0&block=0&count=100`), log, uid);
  }
  assert.deepEqual(faults(service), []);
});

test('a client that hangs up in the middle of an answer, a long-poll or a stream leaves nothing behind', async () => {
  for (let i = 0; i < 30; i++) {
    await service.server
      .post('/v1/users/alice/conversations/user:alice/messages', { fields: { text: 'x'.repeat(60_000) } })
      .expect(201);
  }
  const requests = [
    '/v1/users/alice/conversations/user:alice/messages?limit=100',
    '/v1/users/alice/inbox?start=0&block=0&count=100',
    '/v1/users/bob/inbox?start=$&block=60000',
    '/v1/users/alice/inbox/stream?start=0',
    '/v1/users/bob/inbox/stream',
    '/openapi.json',
  ];
  for (const path of requests) {
    for (const wait of ['first byte', 'nothing'] as const) {
      const socket = open(service.url);
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(head('GET', path, ''), resolve));
      if (wait === 'first byte' && !path.includes('block=60000')) await once(socket, 'readable');
      else await delay(20);
      socket.resetAndDestroy();
    }
  }
  await untilAlone();
  await eventually(async () => {
    const { text } = await service.with().get('/metrics').expect(200);
    const counts = [...text.matchAll(/^redisim_subscribers\{state="(?!closed)[a-z-]+"\} (\d+)/gm)];
    assert.ok(counts.length > 0, text);
    return counts.every(([, count]) => count === '0');
  }, 'no subscriber');
  assert.deepEqual(faults(service), []);
  await service.server.get('/v1/users/alice').expect(200);
});

test('what is no HTTP is told so', async () => {
  const cases = [
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
    'NONSENSE /v1/users HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET /v1/users/al ice HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nbad header: x\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nx: a\u0000b\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    `GET /${'y'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}   ',
    'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    `POST /v1/tokens HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk\r\n`,
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  ];
  const untouched = await contents(service);
  for (const text of cases) {
    const socket = open(service.url);
    await once(socket, 'connect');
    socket.write(text, 'latin1');
    const answer = parse(await all(socket));
    assertRefused(answer, JSON.stringify(text.slice(0, 60)));
    assert.equal(answer.headers.connection, 'close');
  }
  assert.deepEqual(await contents(service), untouched);
  assert.deepEqual(faults(service), []);
});

test('requests that come in one piece are answered one by one, in order', async () => {
  const socket = open(service.url);
  await once(socket, 'connect');
  const paths = ['/v1/users/alice', '/v1/users/a%3Ab', '/v1/users/bob'];
  socket.write(paths.map((path, i) => head('GET', path, '', i === 2 ? 'connection: close\r\n' : '')).join(''));
  const answers = await all(socket);
  assert.deepEqual(
    [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '400', '200'],
  );
});
