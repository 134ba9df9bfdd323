import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { embeddedRedisPid, Node } from '../helpers/node.ts';
import type { Product } from '../helpers/product.ts';
import { atExit, type TestRedis } from '../helpers/redis.ts';
import type { TcpProxy } from './proxy.ts';
import { API_KEY, JWT_SECRET } from './requests.ts';
import { adminOf, ClusterServers, OneServer, type Replicated, SentinelServers, type Servers } from './servers.ts';

export interface DeploymentOptions {
  nodes: number;
  /**
   * The Redis: one that keeps an append-only file, or a snapshot when told so; the one that the node starts itself; a
   * cluster; or a master that sentinels watch.
   */
  redis: 'everysec' | 'always' | 'snapshot' | 'embedded' | 'cluster' | 'sentinels';
  /** Nodes reach Redis through a proxy, each server of a cluster through its own. */
  proxied: boolean;
  /** Whether there is a place for files, a folder that the nodes share. */
  files: boolean;
  /** Settings of the nodes. */
  env: Record<string, string>;
}

export const DEPLOYMENT: DeploymentOptions = { nodes: 2, redis: 'everysec', proxied: false, files: false, env: {} };

/** Where the service keeps its data: the master of the moment, and what its keys begin with. */
export interface Data {
  redis: Redis;
  prefix: string;
}

/** Some nodes, as processes, and the Redis that they share. */
export class Deployment {
  readonly nodes: Node[] = [];
  readonly #servers: Servers | undefined;
  readonly #embedded: Redis | undefined;
  readonly #product: Product;
  readonly #env: Record<string, string>;
  readonly #dataDir: string;
  readonly #forget: () => void;

  private constructor(product: Product, options: DeploymentOptions, servers: Servers | undefined) {
    this.#product = product;
    this.#servers = servers;
    this.#dataDir = mkdtempSync(join(tmpdir(), 'redisim-data-'));
    this.#forget = atExit(() => this.#clear());
    const files = options.files ? { FILES: this.filesDir } : {};
    const where = servers ? { REDIS_URL: servers.url } : { DATA_DIR: this.#dataDir };
    // Nothing is healed by a heartbeat, unless a scenario says so: the other ways have to do.
    this.#env = {
      API_KEYS: API_KEY,
      JWT_SECRET,
      HEARTBEAT_MS: '600000',
      RATE_LIMIT: '0',
      ...where,
      ...files,
      ...options.env,
    };
    if (!servers) this.#embedded = adminOf(join(this.#dataDir, 'redis.sock'));
  }

  static async start(product: Product, options: DeploymentOptions): Promise<Deployment> {
    const deployment = new Deployment(product, options, await startServers(options));
    try {
      const starting = Array.from({ length: options.nodes }, () => deployment.startNode());
      deployment.nodes.push(...(await Promise.all(starting)));
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

  /** Where the data of a space is right now; of the default one, where none is named. */
  async data(space = ''): Promise<Data> {
    const ofSpace = space === '' ? '' : `@${space}:`;
    const servers = this.#servers;
    if (!servers) return { redis: this.admin, prefix: ofSpace };
    if (!(servers instanceof ClusterServers))
      return { redis: await servers.master(), prefix: servers.prefix + ofSpace };
    return { redis: (await servers.serverOf(space)).admin, prefix: (await servers.tagOf(space)) + ofSpace };
  }

  /** Runs a command of the service's command line. @returns what it prints @throws Error if it fails */
  async command(...words: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, ...this.#env };
    return (await promisify(execFile)(process.execPath, [this.#product.main, ...words], { env })).stdout;
  }

  /** For the test itself, where there is one Redis: looks into it, and does harm there. */
  get admin(): Redis {
    return this.#embedded ?? this.#one.admin;
  }

  /** The one Redis that the nodes share. */
  get redis(): TestRedis {
    return this.#one.redis;
  }

  /** What is in front of it. */
  get proxy(): TcpProxy | undefined {
    return this.#one.proxy;
  }

  get cluster(): ClusterServers {
    if (!(this.#servers instanceof ClusterServers)) throw new Error('the nodes have no cluster');
    return this.#servers;
  }

  /** Servers of which another one may become the master. */
  get replicated(): Replicated {
    if (!this.#servers || !('failover' in this.#servers)) throw new Error('the nodes have one Redis');
    return this.#servers as Replicated;
  }

  get #one(): OneServer {
    if (!(this.#servers instanceof OneServer)) throw new Error('the nodes do not share one Redis');
    return this.#servers;
  }

  /** Where the files are. */
  get filesDir(): string {
    return join(this.#dataDir, 'files');
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
    await Promise.all(this.nodes.map((node) => node.kill()));
    this.#embedded?.disconnect();
    await this.#servers?.stop();
    this.#clear();
    this.#forget();
  }

  #clear(): void {
    const pid = this.#servers ? undefined : this.embeddedPid;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

async function startServers({ redis, proxied }: DeploymentOptions): Promise<Servers | undefined> {
  if (redis === 'embedded') return undefined;
  if (redis === 'cluster') return ClusterServers.start(proxied);
  if (redis === 'sentinels') return SentinelServers.start(proxied);
  return OneServer.start(redis, proxied);
}
