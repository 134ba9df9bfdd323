import { createSecretKey } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { Node } from '../../test/helpers/node.ts';
import type { Product } from '../../test/helpers/product.ts';
import { startRedis, type TestRedis } from '../../test/helpers/redis.ts';
import type { Processes } from './measure.ts';

export const API_KEY = 'bench-api-key-0123456789';
export const JWT_SECRET = 'bench-jwt-secret-0123456789-0123456789';

/** `BENCH_PROFILE=folder npm run bench` writes a profile of the service and of each baseline there, for Chromium's inspector. */
const { BENCH_PROFILE } = process.env;
export const PROFILE = BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${BENCH_PROFILE}`] : [];

/** The service as one node, or as several workers of one, on a Redis of its own, all as processes. */
export class Service {
  readonly node: Node;
  readonly redis: TestRedis;
  /** The processes that serve: the node, or its workers. */
  readonly listening: readonly number[];
  /** A connection of the benchmark's own. */
  readonly admin: Redis;
  #tokens = 0;

  private constructor(node: Node, redis: TestRedis) {
    this.node = node;
    this.redis = redis;
    this.listening = listeningOf(node);
    this.admin = new Redis({ path: redis.path });
  }

  /** Redis keeps no file here: the disk of a shared machine would be measured. Its small streams are set as the service sets them. */
  static async start(product: Product, env: Record<string, string> = {}, redisArgs: string[] = []): Promise<Service> {
    const redis = await startRedis({ args: ['--stream-node-max-bytes', '1024', ...redisArgs] });
    const settings = { REDIS_URL: `unix://${redis.path}`, API_KEYS: API_KEY, JWT_SECRET, RATE_LIMIT: '0' };
    const node = await Node.start(product.main, { ...settings, ...env }, PROFILE);
    while (listeningOf(node).length < Number(env.WORKERS ?? 1)) await setTimeout(10);
    return new Service(node, redis);
  }

  get url(): string {
    return this.node.url;
  }

  /** All that is of the service: where there are workers, their primary too. */
  get processes(): Processes {
    return { pids: [...new Set([this.node.pid, ...this.listening])], redisPid: this.redis.pid };
  }

  async stop(): Promise<void> {
    this.admin.disconnect();
    await this.node.terminate();
    await this.redis.stop();
  }

  /** A token of this user's, as an app would have it; another one at each call. */
  token(uid: string): Promise<string> {
    return new SignJWT({ sub: uid, jti: String(this.#tokens++) })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(createSecretKey(Buffer.from(JWT_SECRET)));
  }

  /** Calls the API as the server. @throws Error on anything but a success */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** Makes users u0 … */
  async makeUsers(count: number): Promise<void> {
    for (let first = 0; first < count; first += 200) {
      const some = Array.from({ length: Math.min(200, count - first) }, (_, i) => `u${first + i}`);
      await Promise.all(some.map((uid) => this.call('PUT', `/users/${uid}`, { fields: { name: uid } })));
    }
  }

  /** Makes a group of the first `count` users, the first one its owner. */
  async makeGroup(gid: string, count: number, kind: 'group' | 'channel' = 'group'): Promise<void> {
    await this.call('PUT', `/groups/${gid}`, { fields: { name: gid }, owner: 'u0', kind });
    for (let i = 1; i < count; i += 100) {
      const some = Array.from({ length: Math.min(100, count - i) }, (_, k) => `u${i + k}`);
      await Promise.all(some.map((uid) => this.call('PUT', `/groups/${gid}/members/${uid}`)));
    }
  }
}

function listeningOf({ lines }: Node): readonly number[] {
  const begun = lines.filter((line) => line.includes('"msg":"Server listening'));
  return [...new Set(begun.map((line) => (JSON.parse(line) as { pid: number }).pid))];
}
