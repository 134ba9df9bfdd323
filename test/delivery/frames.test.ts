import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Uid } from '../../src/domain/names.ts';
import { eventually } from '../helpers/delivery.ts';
import { open } from '../helpers/http.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, type Service, startService, userToken } from '../helpers/service.ts';

/** What a stream looks like on a bare connection: the head, the chunks, the frames in them. */

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());
beforeEach(async () => {
  service = await startService(redis);
  await service.people('alice', 'bob');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await service.close();
});

const sockets: Socket[] = [];

interface Options {
  version?: string;
  headers?: Record<string, string>;
  token?: string;
}

/** Asks for a stream, and keeps what comes as it comes. */
async function follow(path: string, { version = '1.1', headers = {}, token = API_KEY }: Options = {}) {
  const socket = open(service.url);
  sockets.push(socket);
  await once(socket, 'connect');
  const lines = Object.entries({ host: 'x', authorization: `Bearer ${token}`, ...headers });
  socket.write(`GET ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  const stream = { socket, bytes: Buffer.alloc(0), ended: false };
  socket.on('data', (data) => {
    stream.bytes = Buffer.concat([stream.bytes, data]);
  });
  socket.on('end', () => {
    stream.ended = true;
  });
  return Object.assign(stream, {
    head: () => stream.bytes.toString().split('\r\n\r\n')[0]!.toLowerCase(),
    body: () => stream.bytes.subarray(stream.bytes.indexOf('\r\n\r\n') + 4),
    until: (text: string) => eventually(() => stream.bytes.includes(text), text),
  });
}

/** Takes a chunked body apart, by its bytes; fails where it is none. The last chunk of a body that has ended is empty. */
function chunksOf(body: Buffer): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; ) {
    const line = body.indexOf('\r\n', at);
    const size = body.subarray(at, line).toString();
    assert.match(size, /^[0-9a-f]+$/i, `no length of a chunk: ${JSON.stringify(size.slice(0, 200))}`);
    const end = line + 2 + Number.parseInt(size, 16);
    assert.equal(body.subarray(end, end + 2).toString(), '\r\n', 'a chunk is as long as it says');
    chunks.push(body.subarray(line + 2, end).toString());
    at = end + 2;
  }
  return chunks;
}

const FORMS = [
  { accept: 'text/event-stream', isWhole: (frames: string) => frames.endsWith('\n\n') },
  { accept: 'application/x-ndjson', isWhole: (frames: string) => frames.endsWith('}\n') },
];
for (const { accept, isWhole } of FORMS) {
  test(`${accept} comes in chunks, each of whole frames, and ends with the last chunk`, async () => {
    const stream = await follow('/v1/users/bob/inbox/stream', { headers: { accept } });
    await stream.until('ready');
    for (const text of ['plain', 'zwölf Boxkämpfer', '🙂 你好', 'after']) await service.say('alice', 'user:bob', text);
    await stream.until('after');
    assert.match(stream.head(), /\r\ntransfer-encoding: chunked(\r\n|$)/);
    assert.match(stream.head(), /\r\nconnection: close(\r\n|$)/);
    await service.close();
    await eventually(() => stream.ended, 'the end');
    const chunks = chunksOf(stream.body());
    assert.equal(chunks.pop(), '', 'the last chunk');
    for (const frames of chunks) assert.ok(isWhole(frames), JSON.stringify(frames));
    assert.match(chunks.join(''), /plain.*zwölf Boxkämpfer.*🙂 你好.*after.*bye/s);
    assert.equal(chunks.length, 6, 'ready, four messages, bye');
  });
}

test('what is said in one moment is one chunk, whatever its characters', async () => {
  const stream = await follow('/v1/users/bob/inbox/stream');
  await stream.until('ready');
  const texts = ['plain', 'zwölf Boxkämpfer', 'plain again', '🙂 你好', 'after'];
  const messages = texts.map((text) => ({ uid: 'alice', conversation: 'user:bob', fields: { text } }));
  await service.server.post('/v1/messages/batch', { messages }).expect(200);
  await stream.until('after');
  await service.close();
  await eventually(() => stream.ended, 'the end');
  const chunks = chunksOf(stream.body());
  assert.equal(chunks.length, 4, 'ready, the five messages, bye, the last chunk');
  const told = [...chunks[1]!.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text);
  assert.deepEqual(told, texts);
});

test('what goes to many at once has for each its own form and its own cursors', async () => {
  await service.team('g', 'alice', 'bob');
  // So that the numbers in the two inboxes differ, and are as long.
  await service.people('carol');
  await service.say('carol', 'user:alice', 'a note');
  const log = '/v1/users/bob/conversations/group:g/stream';
  const ndjson = { headers: { accept: 'application/x-ndjson' } };
  const streams = {
    log: await Promise.all([follow(log), follow(log), follow(log)]),
    lines: await Promise.all([follow(log, ndjson), follow(log, ndjson)]),
    inboxes: await Promise.all(['alice', 'bob'].map((uid) => follow(`/v1/users/${uid}/inbox/stream`))),
  };
  const all = Object.values(streams).flat();
  for (const stream of all) await stream.until('ready');
  const texts = ['plain', 'zwölf Boxkämpfer', 'after'];
  const messages = texts.map((text) => ({ uid: 'alice', conversation: 'group:g', fields: { text } }));
  await service.server.post('/v1/messages/batch', { messages }).expect(200);
  for (const stream of all) await stream.until('after');
  const toldTo = (stream: (typeof all)[number]) => chunksOf(stream.body()).slice(1).join('');
  const [first, ...others] = streams.log.map(toldTo);
  for (const text of texts) assert.ok(first!.includes(text), text);
  for (const other of others) assert.equal(other, first);
  for (const lines of streams.lines.map(toldTo)) {
    assert.deepEqual(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).data.fields.text),
      texts,
    );
  }
  const cursors = await Promise.all(
    ['alice', 'bob'].map(async (uid) => {
      const entries = await service.redis.xrange(service.keys.inbox(uid as Uid), '-', '+');
      return entries.slice(-texts.length).map(([id]) => id);
    }),
  );
  assert.notDeepEqual(cursors[0], cursors[1]);
  assert.deepEqual(
    streams.inboxes.map((stream) => [...toldTo(stream).matchAll(/^id: (.*)$/gm)].map(([, id]) => id)),
    cursors,
  );
});

test('HTTP/1.0 has no chunks: the body ends with the connection', async () => {
  // A proxy that speaks 1.0 may pass on what a newer client said.
  const stream = await follow('/v1/users/bob/inbox/stream', { version: '1.0', headers: { te: 'chunked' } });
  await stream.until('ready');
  await service.say('alice', 'user:bob', 'hi');
  await stream.until('"hi"');
  await service.close();
  await eventually(() => stream.ended, 'the end');
  assert.match(stream.head(), /^http\/1\.[01] 200/);
  assert.ok(!stream.head().includes('transfer-encoding'), stream.head());
  assert.match(stream.head(), /\r\nconnection: close(\r\n|$)/);
  assert.match(stream.body().toString(), /^retry: .*event: ready.*event: bye\ndata: [^\n]*\n\n$/s);
});

test('a stream that is asked for before the answer in front of it has come is whole, too', async () => {
  const socket = open(service.url);
  sockets.push(socket);
  const first = `GET /v1/users/alice HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n\r\n`;
  socket.write(first + first.replace('alice', 'bob/inbox/stream'));
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await eventually(() => text.includes('event: ready'), 'ready');
  await service.say('alice', 'user:bob', 'zwölf');
  await eventually(() => text.includes('zwölf'), 'the message');
  const body = Buffer.from(text.slice(text.lastIndexOf('\r\n\r\n', text.indexOf('event: ready')) + 4));
  assert.match(chunksOf(body).join(''), /event: ready.*zwölf/s);
});

test('a frame of its own is always an event: retry stands inside ready and bye', async () => {
  const stream = await follow('/v1/users/bob/inbox/stream');
  await stream.until('ready');
  await service.say('alice', 'user:bob', 'hi');
  await stream.until('"hi"');
  await service.close();
  await eventually(() => stream.ended, 'the end');
  const frames = chunksOf(stream.body()).join('').split('\n\n');
  assert.equal(frames.pop(), '');
  const fields = frames.map((frame) => frame.split('\n').map((line) => line.split(':')[0]));
  assert.deepEqual(fields, [
    ['retry', 'id', 'event', 'data'],
    // `stale` has no id: the last one stays the client's.
    ['event', 'data'],
    ['id', 'event', 'data'],
    ['retry', 'id', 'event', 'data'],
  ]);
});

test('a client that reads nothing and never leaves is cut off once its stream has ended', async () => {
  for (let i = 0; i < 200; i++) await service.say('alice', 'user:bob', 'x'.repeat(60_000));
  const token = await userToken('bob', Math.floor(Date.now() / 1_000) + 2);
  const stream = await follow('/v1/users/bob/inbox/stream?start=0', { token });
  stream.socket.pause();
  const connections = () =>
    new Promise<number>((resolve, reject) => {
      service.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  await eventually(async () => (await connections()) === 0, 'the connection to be cut');
  assert.ok(!stream.bytes.includes('event: bye'), 'the socket was full: nothing else would have ended it');
});
