/**
 * `npm run test:sse-clients`: follows one user's stream with the SSE clients that people use, over two restarts of the
 * service, one that says goodbye and one that does not, and prints how each of them did. A command for people: it needs
 * npm, Python, Go and Java with their registries, and takes minutes. What it installs goes into a temporary folder.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Node } from '../../helpers/node.ts';
import { buildProduct } from '../../helpers/product.ts';
import { startRedis } from '../../helpers/redis.ts';
import { CLIENTS, INSTALL } from './clients.ts';
import { Follower } from './follower.ts';

const KEY = 'sse-clients-key-0123456789';
/** Messages before, between and after the restarts. */
const ROUND = 20;
/** How long a client may take for what it does by itself, ms: a JVM's start, a wait of some seconds before it comes back. */
const PATIENCE_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'redisim-sse-clients-'));
cpSync(join(import.meta.dirname, 'clients'), folder, { recursive: true });
for (const command of INSTALL) {
  console.log(command);
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

const product = await buildProduct();
const redis = await startRedis();
const settings = { REDIS_URL: `unix://${redis.path}`, API_KEYS: KEY, PORT: String(await freePort()) };
const start = () => Node.start(product.main, settings);
let node = await start();

const call = async (method: string, path: string, body: object) => {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`${node.url}/v1/users/${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
};
for (const uid of ['alice', 'bob']) await call('PUT', uid, { fields: {} });

const followers = CLIENTS.map(
  (client) => new Follower(client, folder, [`${node.url}/v1/users/bob/inbox/stream?start=0`, KEY]),
);
for (const follower of followers) follower.start();
await until(() => followers.every(({ firstEventMs }) => firstEventMs !== undefined));

const expected: string[] = [];
const sendRound = async () => {
  for (let i = 0; i < ROUND; i++) {
    const text = i === 7 ? 'zwölf 🙂 '.repeat(3_000) : `${expected.length}`;
    expected.push(text);
    await call('POST', 'alice/conversations/user:bob/messages', { fields: { text, at: `${Date.now()}` } });
    await delay(20);
  }
  await until(() => followers.every(({ isRunning, texts }) => !isRunning || texts.length >= expected.length));
};
await sendRound();
for (const end of ['terminate', 'kill'] as const) {
  await node[end]();
  node = await start();
  await sendRound();
}
for (const follower of followers.filter(({ isRunning }) => !isRunning)) {
  follower.wasStartedAgain = true;
  follower.start();
}
await until(() => followers.every(({ texts }) => texts.length >= expected.length));

const rows = followers.map((follower) => {
  const { name, texts, wasStartedAgain, firstEventMs, latencies, strange, complaint } = follower;
  const isRight = texts.length === expected.length && texts.every((text, i) => text === expected[i]);
  const received = `${texts.length} of ${expected.length}${isRight ? ', in order' : ', WRONG'}`;
  const resumed = wasStartedAgain ? `no; started again with its last id: ${isRight ? 'yes' : 'no'}` : 'yes';
  const median = latencies.slice(0, ROUND).toSorted((a, b) => a - b)[ROUND / 2];
  const notes = [...strange.slice(0, 1), ...(isRight ? [] : [complaint])].join(' ');
  return [name, received, resumed, `${firstEventMs?.toFixed(0)} ms`, `${median} ms`, notes];
});
const head = ['client', 'events received', 'resumed by itself', 'first event after', 'a message after', ''];
for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);

for (const follower of followers) follower.stop();
await node.terminate();
await redis.stop();
product.remove();
rmSync(folder, { recursive: true, force: true });
process.exitCode = rows.every(([, received]) => !received!.endsWith('WRONG')) ? 0 : 1;

/** Waits for what the clients do by themselves; who has not done it by then shows in the table. */
async function until(test: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!test() && Date.now() < deadline) await delay(20);
}

/** A restarted service has to be where it was. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
