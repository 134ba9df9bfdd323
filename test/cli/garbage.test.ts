import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Node } from '../helpers/node.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, JWT_SECRET } from '../helpers/service.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const REQUESTS = 4_000;
const AT_ONCE = 4;
/**
 * How much of what one request has made may become old, bytes: a collection that comes while it is under way finds it alive. So it
 * does the entries of the feed that are read together, where nobody listens those of 10 ms.
 */
const MAX_BYTES = 600;

/** By what V8 tells of each collection with `--trace-gc-nvp`. */
describe('what is done is forgotten by the next collection of young objects', () => {
  let redis: TestRedis;
  let node: Node;
  before(async () => {
    redis = await startRedis();
    const env = { REDIS_URL: `unix://${redis.path}`, API_KEYS: API_KEY, JWT_SECRET, RATE_LIMIT: '0' };
    // Small, so that there are collections enough.
    node = await Node.start(MAIN, env, ['--import', 'tsx', '--trace-gc-nvp', '--max-semi-space-size=1']);
    for (const uid of ['ann', 'bob']) await call('PUT', `/users/${uid}`, { fields: {} });
  });
  after(async () => {
    await node?.terminate();
    await redis?.stop();
  });

  async function call(method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(`${node.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    assert.ok(response.ok, await response.text());
  }

  /** How many bytes of a request became old objects, once the code has settled. */
  async function promoted(request: () => Promise<void>): Promise<number> {
    const all = async () => {
      for (let i = 0; i < REQUESTS; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, request));
    };
    await all();
    node.lines.length = 0;
    await all();
    const bytes = node.lines.map((line) => Number(/ gc=s .* promoted=(\d+)/.exec(line)?.[1] ?? 0));
    assert.ok(bytes.filter((one) => one > 0).length > 10, 'there were collections');
    return bytes.reduce((sum, one) => sum + one, 0) / REQUESTS;
  }

  const requests: Record<string, () => Promise<void>> = {
    'a message': () => call('POST', '/users/ann/conversations/user:bob/messages', { fields: { text: 'hello' } }),
    'a profile': () => call('GET', '/users/ann'),
    'a history': () => call('GET', '/users/ann/conversations/user:bob/messages?limit=1'),
  };
  for (const [name, request] of Object.entries(requests)) {
    test(name, async () => {
      const bytes = await promoted(request);
      assert.ok(bytes < MAX_BYTES, `${Math.round(bytes)} bytes of a request became old objects`);
    });
  }
});
