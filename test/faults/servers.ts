import { Redis } from 'ioredis';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { TestCluster } from '../helpers/redis-cluster.ts';
import { TestSentinels } from '../helpers/sentinels.ts';
import { TcpProxy } from './proxy.ts';

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
export class ClusterServers implements Servers {
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
    const [first] = this.cluster.servers;
    return this.proxyOf(first!.port)?.url ?? `redis://${first!.address}`;
  }

  /** The proxy in front of the server at a port. */
  proxyOf(port: number): TcpProxy | undefined {
    return this.#proxies.get(port);
  }

  master = async (): Promise<Redis> => (await this.cluster.masterOf(this.prefix)).admin;

  async stop(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.close();
    await this.cluster.stop();
  }
}

/** A master, its replicas, and sentinels. */
export class SentinelServers implements Servers {
  readonly prefix = '';
  readonly sentinels: TestSentinels;

  private constructor(sentinels: TestSentinels) {
    this.sentinels = sentinels;
  }

  static async start(): Promise<SentinelServers> {
    return new SentinelServers(await TestSentinels.start());
  }

  get url(): string {
    return this.sentinels.url;
  }

  master = async (): Promise<Redis> => (await this.sentinels.master()).admin;

  stop = (): Promise<void> => this.sentinels.stop();
}

/** A connection that comes back by itself. */
export function adminOf(path: string): Redis {
  const admin = new Redis({ path, lazyConnect: true, retryStrategy: () => 100 });
  admin.on('error', () => {});
  return admin;
}
