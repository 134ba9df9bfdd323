import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { eventually } from '../helpers/delivery.ts';
import { embeddedRedisPid, Node } from '../helpers/node.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

let dataDir: string;
let node: Node | undefined;

afterEach(async () => {
  await node?.terminate();
  node = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

/** The service with two workers, once both listen. */
async function start(env: Record<string, string> = {}): Promise<Node> {
  dataDir = mkdtempSync(join(tmpdir(), 'redisim-workers-'));
  const settings = { DATA_DIR: dataDir, WORKERS: '2', LOG_LEVEL: 'debug', ...env };
  node = await Node.start(MAIN, settings, ['--import', 'tsx']);
  await eventually(() => workers().size === 2, 'both workers listen');
  return node;
}

function lines(): { pid: number; msg: string; workerPid?: number; req?: { url: string } }[] {
  return node!.lines.flatMap((line) => (line.startsWith('{') ? JSON.parse(line) : []));
}

/** The processes that have begun to listen. */
function workers(): Set<number> {
  return new Set(lines().flatMap(({ pid, msg }) => (msg.startsWith('Server listening') ? pid : [])));
}

/** A request over a connection of its own. */
function call(method: string, path: string, body?: object): Promise<Response> {
  const key = readFileSync(join(dataDir, 'api-key'), 'utf8').trim();
  return fetch(`${node!.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      connection: 'close',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const say = (text: string) => call('POST', '/users/ann/conversations/user:bob/messages', { fields: { text } });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What comes over a stream, line by line. */
class Lines {
  readonly texts: string[] = [];
  isOpen = true;

  constructor(body: NonNullable<Response['body']>) {
    void this.#read(body).finally(() => {
      this.isOpen = false;
    });
  }

  async #read(body: NonNullable<Response['body']>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk);
      for (const [, found] of text.matchAll(/"text":"([^"]*)"/g)) this.texts.push(found!);
    }
  }
}

async function follow(): Promise<Lines> {
  const response = await call('GET', '/users/bob/inbox/stream?start=0');
  return new Lines(response.body!);
}

/** Several streams, one after the other: the workers take turns only where both are free for the next one. */
async function followTimes(count: number): Promise<Lines[]> {
  const streams = [];
  for (let i = 0; i < count; i++) streams.push(await follow());
  return streams;
}

async function metric(pattern: RegExp): Promise<number> {
  const text = await fetch(`${node!.url}/metrics`).then((response) => response.text());
  return Number(pattern.exec(text)?.[1]);
}

test('workers serve one port, hear of what the others do, and count together', async () => {
  await start();
  for (const uid of ['ann', 'bob']) assert.equal((await call('PUT', `/users/${uid}`, { fields: {} })).status, 201);
  const streams = await followTimes(6);
  for (let i = 0; i < 10; i++) assert.equal((await say(`message ${i}`)).status, 201);
  await eventually(() => streams.every(({ texts }) => texts.length === 10), 'all have come to all streams');
  const sent = Array.from({ length: 10 }, (_, i) => `message ${i}`);
  for (const { texts } of streams) assert.deepEqual(texts, sent);
  const served = () => new Set(lines().flatMap(({ pid, req }) => (req?.url.endsWith('/messages') ? pid : [])));
  await eventually(() => served().size === 2, 'both say that they have served some');
  assert.deepEqual(served(), workers());
  assert.equal(await metric(/^redisim_sends_total\{outcome="created"\} (\d+)$/m), 10);
  assert.equal(await metric(/^redisim_subscribers\{state="live"\} (\d+)$/m), 6);
  const lag = await metric(/^redisim_feed_lag_seconds ([\d.]+)$/m);
  assert.ok(lag >= 0 && lag < 5, `${lag} s`);
});

test('a worker that is killed is replaced, and the others go on', async () => {
  await start();
  for (const uid of ['ann', 'bob']) await call('PUT', `/users/${uid}`, { fields: {} });
  const streams = await followTimes(4);
  const open = () => streams.filter(({ isOpen }) => isOpen);
  const [victim] = workers();
  process.kill(victim!, 'SIGKILL');
  await eventually(() => open().length === 2, 'the streams of the killed worker have ended');
  assert.equal((await say('who is still there?')).status, 201);
  await eventually(() => open().every(({ texts }) => texts.includes('who is still there?')), 'the others get it');
  assert.equal(open().length, 2);
  await eventually(() => workers().size === 3, 'another worker listens');
  assert.equal(lines().find(({ workerPid }) => workerPid !== undefined)?.workerPid, victim);
});

test('all end together, without an error, and Redis after them', async () => {
  await start();
  await call('PUT', '/users/bob', { fields: {} });
  const streams = await followTimes(4);
  const pids = [...workers()];
  const redis = embeddedRedisPid(dataDir);
  assert.ok(redis);
  assert.equal(await node!.terminate(), 0);
  await eventually(() => streams.every(({ isOpen }) => !isOpen), 'the streams end');
  assert.deepEqual([...pids, redis].filter(isAlive), []);
  assert.equal(node!.lines.filter((line) => line.includes('"level":50')).length, 0);
});

test('without their primary they end, too', async () => {
  await start();
  const pids = [...workers()];
  await node!.kill();
  await eventually(() => !pids.some(isAlive), 'the workers end');
  process.kill(embeddedRedisPid(dataDir)!, 'SIGKILL');
});

test('what keeps a worker from its start ends the service', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = (taken.address() as { port: number }).port;
  try {
    await assert.rejects(start({ PORT: String(port) }), (error: Error) => {
      assert.match(error.message, /ended with 1/);
      assert.match(error.message, /EADDRINUSE.*end what uses the port, or set PORT/);
      return true;
    });
  } finally {
    taken.close();
  }
  assert.equal(embeddedRedisPid(dataDir), undefined);
});
