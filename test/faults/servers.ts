import { Redis } from 'ioredis';
import type { SpaceName } from '../../src/domain/spaces.ts';
import { tagOf, tagsOf } from '../../src/redis/cluster/tag.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { TestCluster } from '../helpers/redis-cluster.ts';
import type { RedisServer } from '../helpers/redis-server.ts';
import { TestSentinels } from '../helpers/sentinels.ts';
import { TcpProxy } from './proxy.ts';

/** Those of a service that is told no number of partitions. */
const TAGS = tagsOf(16);

/** The servers that the nodes share, one or several. */
export interface Servers {
  /** As REDIS_URL takes it. */
  readonly url: string;
  /** What the keys begin with. */
  readonly prefix: string;
  /** A connection to the server that is master of the data right now. */
  master(): Promise<Redis>;
  stop(): Promise<void>;
}

/** Servers of which another one may become the master. */
export interface Replicated extends Servers {
  masterServer(): Promise<RedisServer>;
  /** The copies of the master that are up. */
  replicas(): Promise<readonly RedisServer[]>;
  /** Has a replica take over from a master that is well, as an administrator would. */
  failover(): Promise<void>;
  /** Waits until another one than `former` is the master, and returns that. */
  takenOver(former: RedisServer): Promise<RedisServer>;
  /** Waits until all that are up agree, and each replica has what its master has. */
  healthy(): Promise<void>;
}

/** One Redis, with or without a proxy in front of it. */
export class OneServer implements Servers {
  readonly prefix = '';
  readonly redis: TestRedis;
  readonly proxy: TcpProxy | undefined;
  readonly admin: Redis;

  private constructor(redis: TestRedis, proxy: TcpProxy | undefined) {
    this.redis = redis;
    this.proxy = proxy;
    this.admin = adminOf(redis.path);
  }

  /** @param persistence an append-only file, flushed so often; or a snapshot when told so */
  static async start(persistence: 'everysec' | 'always' | 'snapshot', isProxied: boolean): Promise<OneServer> {
    const options = persistence === 'snapshot' ? {} : { aof: true, args: ['--appendfsync', persistence] };
    const redis = await startRedis(options);
    return new OneServer(redis, isProxied ? await TcpProxy.start({ path: redis.path }) : undefined);
  }

  get url(): string {
    return this.proxy?.url ?? `unix://${this.redis.path}`;
  }

  master = async (): Promise<Redis> => this.admin;

  async stop(): Promise<void> {
    this.admin.disconnect();
    this.proxy?.close();
    await this.redis.stop();
  }
}

/** A Redis Cluster, which may announce proxies in place of its servers. */
export class ClusterServers implements Replicated {
  /** Everything of the default space is in one slot. */
  readonly prefix = '{im}';
  readonly cluster: TestCluster;
  readonly #proxies: ReadonlyMap<number, TcpProxy>;

  private constructor(cluster: TestCluster, proxies: ReadonlyMap<number, TcpProxy>) {
    this.cluster = cluster;
    this.#proxies = proxies;
  }

  static async start(isProxied: boolean): Promise<ClusterServers> {
    const proxies = new Map<number, TcpProxy>();
    const announce = async (port: number) => {
      const proxy = await TcpProxy.start({ host: '127.0.0.1', port });
      proxies.set(port, proxy);
      return proxy.port;
    };
    const cluster = await TestCluster.start(isProxied ? { announce } : {}).catch((error: Error) => {
      for (const proxy of proxies.values()) proxy.close();
      throw error;
    });
    return new ClusterServers(cluster, proxies);
  }

  get url(): string {
    const ports = this.cluster.servers.map(({ port }) => this.proxyOf(port)?.port ?? port);
    return `redis://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** The proxy in front of the server at a port. */
  proxyOf(port: number): TcpProxy | undefined {
    return this.#proxies.get(port);
  }

  master = async (): Promise<Redis> => (await this.masterServer()).admin;
  masterServer = (): Promise<RedisServer> => this.cluster.masterOf(this.prefix);

  /** The tag of the partition that a space is in right now. */
  async tagOf(space: string): Promise<string> {
    if (space === '') return this.prefix;
    const json = await (await this.master()).hget(`${this.prefix}im:spaces`, space);
    const { partition } = JSON.parse(json ?? '{}') as { partition?: string };
    return partition ? `{${partition}}` : tagOf(space as SpaceName, TAGS);
  }

  /** The server that has a space right now. */
  async serverOf(space: string): Promise<RedisServer> {
    return this.cluster.masterOf(await this.tagOf(space));
  }
  replicas = async (): Promise<RedisServer[]> => this.cluster.replicasOf(await this.masterServer());
  failover = async (): Promise<void> => void (await this.cluster.failover(this.prefix));
  takenOver = (former: RedisServer): Promise<RedisServer> => this.cluster.takenOver(this.prefix, former);
  healthy = (): Promise<void> => this.cluster.healthy();

  async stop(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.close();
    await this.cluster.stop();
  }
}

/**
 * A master, its replicas, and sentinels. Nodes ask the sentinels; or, proxied, know one address alone, that of a proxy
 * which leads to the master of the moment.
 */
export class SentinelServers implements Replicated {
  readonly prefix = '';
  readonly #sentinels: TestSentinels;
  readonly #proxy: TcpProxy | undefined;

  private constructor(sentinels: TestSentinels, proxy: TcpProxy | undefined) {
    this.#sentinels = sentinels;
    this.#proxy = proxy;
  }

  static async start(isProxied: boolean): Promise<SentinelServers> {
    const sentinels = await TestSentinels.start();
    const proxy = isProxied ? await TcpProxy.start(addressOf(await sentinels.master())) : undefined;
    return new SentinelServers(sentinels, proxy);
  }

  get url(): string {
    return this.#proxy?.url ?? this.#sentinels.url;
  }

  master = async (): Promise<Redis> => (await this.masterServer()).admin;
  masterServer = (): Promise<RedisServer> => this.#sentinels.master();

  async replicas(): Promise<RedisServer[]> {
    const master = await this.masterServer();
    return this.#sentinels.servers.filter((server) => server.isUp && server !== master);
  }

  async failover(): Promise<void> {
    const master = await this.#sentinels.failover();
    this.#proxy?.leadTo(addressOf(master));
  }

  async takenOver(former: RedisServer): Promise<RedisServer> {
    const master = await this.#sentinels.takenOver(former);
    this.#proxy?.leadTo(addressOf(master));
    return master;
  }

  healthy = (): Promise<void> => this.#sentinels.healthy();

  async stop(): Promise<void> {
    this.#proxy?.close();
    await this.#sentinels.stop();
  }
}

function addressOf({ port }: RedisServer) {
  return { host: '127.0.0.1', port };
}

/** A connection that comes back by itself. */
export function adminOf(path: string): Redis {
  const admin = new Redis({ path, lazyConnect: true, retryStrategy: () => 100 });
  admin.on('error', () => {});
  return admin;
}
