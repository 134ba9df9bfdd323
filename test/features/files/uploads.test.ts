import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Files } from '../../../src/features/files/files.ts';
import { sniff } from '../../../src/features/files/sniff.ts';
import { allOfFiles, jpeg, png, storedIn, upload } from '../../helpers/files.ts';
import { open } from '../../helpers/http.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const MAX = 26_214_400;
const { service } = useService({
  config: { filePendingMax: 2 * MAX },
  prepare: async (service) => {
    await service.people('alice', 'bob', 'carol');
    service.app.server.on('request', ({ method, url, socket }) => {
      if (method === 'POST' && url?.endsWith('/files')) newest = socket;
    });
  },
});
/** The service's side of the connection of the newest upload. */
let newest: Socket | undefined;
let before: string[];
beforeEach(async () => {
  before = await allOfFiles(service);
});

const as = { credential: API_KEY };
const folder = () => (service.config.files as { path: string }).path;

/** Begins an upload whose body is written bit by bit. */
async function begin(headers: Record<string, string | number> = {}, uid = 'alice') {
  const { hostname, port } = new URL(service.url);
  const sent = request({
    hostname,
    port,
    method: 'POST',
    path: `/v1/users/${uid}/files`,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/octet-stream', ...headers },
  });
  const answered = new Promise<{ status: number; body: { code?: string; id?: string; size?: number } }>(
    (resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) });
      });
    },
  );
  answered.catch(() => {});
  sent.flushHeaders();
  const socket = sent.socket ?? ((await once(sent, 'socket'))[0] as Socket);
  return { sent, answered, socket };
}

/** Waits until a file of so many bytes, at least, is there, whole or a part. */
async function untilStored(bytes: number): Promise<void> {
  for (;;) {
    for (const name of await readdir(folder(), { recursive: true }).catch(() => [])) {
      if (before.includes(basename(name))) continue;
      const found = await stat(join(folder(), name)).catch(() => undefined);
      if (found?.isFile() && found.size >= bytes) return;
    }
    await turn();
  }
}

async function untilNothing(): Promise<void> {
  while ((await allOfFiles(service)).join() !== before.join()) await turn();
}

test('a file of 25 MiB goes to the disk while it comes, and comes back as it was', async () => {
  const bytes = randomBytes(MAX);
  const { sent, answered } = await begin({ 'content-length': MAX });
  sent.write(bytes.subarray(0, MAX / 2));
  // The rest is not sent before the half is on the disk.
  await untilStored(MAX / 4);
  sent.end(bytes.subarray(MAX / 2));
  const { status, body } = await answered;
  assert.equal(status, 201);
  assert.deepEqual(body, { id: body.id, type: 'application/octet-stream', size: MAX });
  assert.ok((await storedIn(folder())).includes(body.id!));
  const headers = { authorization: `Bearer ${API_KEY}` };
  const answer = await fetch(`${service.url}/v1/users/alice/files/${body.id}`, { headers });
  const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
  assert.equal(digest(new Uint8Array(await answer.arrayBuffer())), digest(bytes));
});

test('a file that is too large is refused: by its length at once, or where it becomes too long; nothing stays', async () => {
  const long = await begin({ 'content-length': MAX + 1 });
  assert.deepEqual(await long.answered.then(({ status, body }) => [status, body.code]), [413, 'body_too_large']);
  const { sent, answered } = await begin();
  // What is written once the answer is there goes nowhere.
  sent.on('error', () => {});
  const chunk = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 26 && !sent.destroyed; i++)
    if (!sent.write(chunk)) await Promise.race([once(sent, 'drain'), answered]);
  assert.deepEqual(await answered.then(({ status, body }) => [status, body.code]), [413, 'body_too_large']);
  sent.destroy();
  assert.deepEqual(await allOfFiles(service), before);
});

test('a client that stops in the middle leaves nothing', async () => {
  for (const headers of [{ 'content-length': 1_000_000 }, {}]) {
    const { sent, socket } = await begin(headers);
    sent.on('error', () => {});
    sent.write(Buffer.alloc(400_000));
    await untilStored(1);
    socket.resetAndDestroy();
    await untilNothing();
    assert.deepEqual(await allOfFiles(service), before);
  }
  assert.deepEqual(
    service.logLines.filter((line) => JSON.parse(line).level >= 50),
    [],
  );
  await service.server.get('/v1/users/alice').expect(200);
});

test('an upload may take longer than any other request, as long as something comes', async () => {
  const { sent, answered } = await begin({ 'content-length': 8 });
  sent.write('1234');
  await untilStored(0);
  // What Node says of a request that takes too long.
  const tooLong = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  service.app.server.emit('clientError', tooLong, newest);
  sent.end('5678');
  assert.equal((await answered).status, 201);
  // Any other one is still cut off.
  const [other, client] = await halfARequest();
  service.app.server.emit('clientError', tooLong, other);
  assert.equal(other.writable, false);
  client.destroy();
});

/** The service's side of the connection of a request that has begun and goes no further. */
async function halfARequest(): Promise<[ours: Socket, client: Socket]> {
  const socket = open(service.url);
  const begun = once(service.app.server, 'request');
  socket.write(`PUT /v1/users/alice HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n`);
  socket.write('content-type: application/json\r\ncontent-length: 100\r\n\r\n{"fie');
  const [{ socket: ours }] = (await begun) as [{ socket: Socket }];
  return [ours, socket];
}

test('an upload that stands still is cut off', async () => {
  const { sent, socket } = await begin({ 'content-length': 8 });
  sent.on('error', () => {});
  sent.write('1234');
  await untilStored(0);
  newest!.emit('timeout');
  if (!socket.destroyed) await once(socket, 'close');
  await untilNothing();
});

test('of a picture that is cut off nothing is read beyond what came', async () => {
  const [head, others] = [png(30, 20).subarray(0, 20), Buffer.alloc(400, 1)];
  const memory = Buffer.concat([head, others]);
  assert.deepEqual(await sniff(memory.subarray(0, head.length), 'image/png'), { type: 'image/png' });
});

test('what a file is its bytes say, and its sender only where they say nothing', async () => {
  const html = '<!doctype html><script>alert(1)</script>';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const cases: [
    bytes: Uint8Array | string,
    declared: string | undefined,
    type: string,
    width?: number,
    height?: number,
  ][] = [
    [png(30, 20), 'image/png', 'image/png', 30, 20],
    [png(30, 20), 'text/html', 'image/png', 30, 20],
    [png(30, 20), undefined, 'image/png', 30, 20],
    [jpeg(40, 10), 'image/png', 'image/jpeg', 40, 10],
    // Taken upright.
    [jpeg(40, 10, 6), 'image/jpeg', 'image/jpeg', 10, 40],
    [
      Buffer.from('R0lGODlhAwACAIAAAAAAAP///yH5BAEAAAAALAAAAAADAAIAAAICRAoAOw==', 'base64'),
      'image/gif',
      'image/gif',
      3,
      2,
    ],
    // A picture that is none is shown nowhere as one.
    [html, 'image/png', 'application/octet-stream'],
    [html, 'text/html', 'text/html'],
    [svg, 'image/svg+xml', 'image/svg+xml'],
    ['hello', 'text/plain; charset=utf-8', 'text/plain'],
    ['hello', undefined, 'application/octet-stream'],
    [
      Buffer.from('504b0506000000000000000000000000000000000000', 'hex'),
      'application/x-ours+zip',
      'application/x-ours+zip',
    ],
    ['%PDF-1.7\n%âãÏÓ\n', 'application/json', 'application/pdf'],
    // As large as a picture may say it is, without any of it.
    [png(30, 20).subarray(0, 20), 'image/png', 'image/png'],
  ];
  for (const [bytes, declared, type, width, height] of cases) {
    const { status, body } = await upload(service, 'alice', bytes, { ...as, ...(declared ? { type: declared } : {}) });
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(
      [body.type, body.width, body.height],
      [type, width, height],
      `${declared} ${String(bytes).slice(0, 10)}`,
    );
    assert.equal(body.size, Buffer.byteLength(bytes));
  }
});

test('an empty body is no file, and nobody uploads for who is not there', async () => {
  const empty = await upload(service, 'alice', '', as);
  assert.deepEqual([empty.status, empty.body.code], [400, 'invalid_request']);
  const chunked = await begin({}, 'bob');
  chunked.sent.end();
  assert.equal((await chunked.answered).body.code, 'invalid_request');
  const nobody = await upload(service, 'nobody', 'x', as);
  assert.deepEqual([nobody.status, nobody.body.code], [404, 'user_not_found']);
  const stranger = await upload(service, 'alice', 'x', { credential: await userToken('bob') });
  assert.deepEqual([stranger.status, stranger.body.code], [403, 'forbidden']);
  assert.deepEqual(await allOfFiles(service), before);
});

test('a user has so many bytes that no message carries; those on their way count, others do not', async () => {
  const one = await begin({ 'content-length': MAX }, 'carol');
  one.sent.write('x');
  await untilStored(0);
  // It does not say how long it is: so it may be as long as a file may be.
  const two = await begin({}, 'carol');
  two.sent.write('x');
  while ((await service.redis.hlen(service.keys.pendingFiles('carol' as never))) < 2) await turn();
  const three = await upload(service, 'carol', 'x', as);
  assert.deepEqual([three.status, three.body.code], [409, 'too_many_pending_files']);
  assert.equal((await upload(service, 'bob', 'x', as)).status, 201);
  two.sent.end();
  const second = await two.answered;
  assert.equal(second.body.size, 1);
  assert.equal((await upload(service, 'carol', 'x', as)).status, 201);
  // What is sent is pending no more.
  const path = '/v1/users/carol/conversations/user:bob/messages';
  const pending = async () => Object.keys(await service.redis.hgetall(service.keys.pendingFiles('carol' as never)));
  assert.equal((await pending()).length, 3);
  await service.server.post(path, { attachments: [{ file: second.body.id, name: 'x' }] }).expect(201);
  assert.equal((await pending()).length, 2);
  one.sent.on('error', () => {});
  one.socket.destroy();
  while ((await pending()).length > 1) await turn();
});

test('a client that stops before its file is looked at is told of, and does not end the node', async () => {
  const body = Readable.from(['1234']);
  const errors: unknown[] = [];
  const files = new Files({
    store: { run: async () => {}, keys: { space: '' } } as never,
    // It opens a file first, as a folder does, and looks at the body then.
    bytes: {
      write: async (_: unknown, meter: Readable) => {
        body.destroy(new Error('the client is gone'));
        await turn();
        for await (const _chunk of meter);
      },
      remove: async () => {},
    } as never,
    log: service.app.log as never,
    maxBytes: MAX,
    maxPendingBytes: MAX,
  });
  await files.upload('alice' as never, { body, length: 4, type: undefined }).catch((error) => errors.push(error.code));
  assert.deepEqual(errors, ['invalid_request']);
});
