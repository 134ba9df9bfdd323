import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { embeddedRedisPid, Node } from '../helpers/node.ts';
import type { Product } from '../helpers/product.ts';
import { atExit, startRedis, type TestRedis } from '../helpers/redis.ts';
import { TcpProxy } from './proxy.ts';
import { API_KEY, JWT_SECRET } from './requests.ts';

export interface DeploymentOptions {
  nodes: number;
  /** How Redis keeps its data: an append-only file, a snapshot when told so, or the one that the node starts itself. */
  redis: 'everysec' | 'always' | 'snapshot' | 'embedded';
  /** Nodes reach Redis through the proxy. */
  proxied: boolean;
  /** Settings of the nodes. */
  env: Record<string, string>;
}

export const DEPLOYMENT: DeploymentOptions = { nodes: 2, redis: 'everysec', proxied: false, env: {} };

/** A Redis and some nodes, as processes. */
export class Deployment {
  readonly nodes: Node[] = [];
  /** For the test itself: looks into Redis, and does harm there. */
  readonly admin: Redis;
  readonly proxy: TcpProxy | undefined;
  readonly #redis: TestRedis | undefined;
  readonly #product: Product;
  readonly #env: Record<string, string>;
  readonly #dataDir: string;
  readonly #forget: () => void;

  private constructor(product: Product, options: DeploymentOptions, redis: TestRedis | undefined, proxy?: TcpProxy) {
    this.#product = product;
    this.#redis = redis;
    this.proxy = proxy;
    this.#dataDir = mkdtempSync(join(tmpdir(), 'redisim-data-'));
    this.#forget = atExit(() => this.#clear());
    const path = redis?.path ?? join(this.#dataDir, 'redis.sock');
    const where = redis ? { REDIS_URL: proxy?.url ?? `unix://${path}` } : { DATA_DIR: this.#dataDir };
    // Nothing is healed by a heartbeat, unless a scenario says so: the other ways have to do.
    this.#env = { API_KEYS: API_KEY, JWT_SECRET, HEARTBEAT_MS: '600000', RATE_LIMIT: '0', ...where, ...options.env };
    this.admin = new Redis({ path, lazyConnect: true, retryStrategy: () => 100 });
    this.admin.on('error', () => {});
  }

  static async start(product: Product, options: DeploymentOptions): Promise<Deployment> {
    const { redis: kind } = options;
    const persistence = kind === 'snapshot' ? {} : { aof: true, args: ['--appendfsync', kind] };
    const redis = kind === 'embedded' ? undefined : await startRedis(persistence);
    const proxy = redis && options.proxied ? await TcpProxy.start(redis.path) : undefined;
    const deployment = new Deployment(product, options, redis, proxy);
    try {
      const starting = Array.from({ length: options.nodes }, () => deployment.startNode());
      deployment.nodes.push(...(await Promise.all(starting)));
      await deployment.admin.connect();
      return deployment;
    } catch (error) {
      await deployment.stop();
      throw error;
    }
  }

  /** Where the nodes are, dead ones included. */
  readonly urls = (): readonly string[] => this.nodes.map(({ url }) => url);

  /** Where senders go: not to a node that is stopped, where each would wait for long. */
  readonly sendUrls = (): readonly string[] => this.nodes.filter((node) => !node.isPaused).map(({ url }) => url);

  /** The Redis that the nodes share. */
  get redis(): TestRedis {
    if (!this.#redis) throw new Error('the node has its own Redis');
    return this.#redis;
  }

  startNode(env: Record<string, string> = {}): Promise<Node> {
    return Node.start(this.#product.main, { ...this.#env, ...env });
  }

  /** Starts another node in the place of one that has ended. */
  async replaceNode(index: number): Promise<void> {
    this.nodes[index] = await this.startNode();
  }

  /** The server that the node has started itself. */
  get embeddedPid(): number | undefined {
    return embeddedRedisPid(this.#dataDir);
  }

  /** Writes the nodes' logs to a file that stays. */
  keepLogs(name: string): string {
    const path = join(tmpdir(), `redisim-faults-${name}.log`);
    writeFileSync(path, this.nodes.map(({ url, lines }) => `${url}\n${lines.join('\n')}\n`).join('\n'));
    return path;
  }

  async stop(): Promise<void> {
    this.admin.disconnect();
    await Promise.all(this.nodes.map((node) => node.kill()));
    this.proxy?.close();
    await this.#redis?.stop();
    this.#clear();
    this.#forget();
  }

  #clear(): void {
    const pid = this.#redis ? undefined : this.embeddedPid;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
