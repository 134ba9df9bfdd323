import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisServer, serverArgs, until } from './redis-server.ts';

export interface TestSentinelsOptions {
  replicas?: number;
  sentinels?: number;
  /** How long a master that does not answer is thought to be there, ms. */
  downAfterMs?: number;
  /** Further command line options of each Redis. */
  args?: readonly string[];
}

/** The name of the master. */
const NAME = 'mymaster';
/**
 * What a sentinel does now and then it does more often: three of them find each other within a second. Five times the
 * period of PING has to be more than 1 s: it trusts no older news of a replica, and asks for them once a second.
 */
const HASTE = { 'info-period': 200, 'publish-period': 200, 'ping-period': 400, 'ask-period': 100 };

/** A real master with replicas, and the sentinels that watch it, on loopback ports. */
export class TestSentinels {
  /** The Redis servers: at first the first one is the master. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  readonly name = NAME;

  private constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers;
    this.sentinels = sentinels;
  }

  /** Starts them and waits until all know each other: 2 replicas and 3 sentinels unless told otherwise. */
  static async start(options: TestSentinelsOptions = {}): Promise<TestSentinels> {
    const { replicas = 2, sentinels = 3, downAfterMs = 1_000, args = [] } = options;
    const servers: RedisServer[] = [];
    const watching: RedisServer[] = [];
    const all = new TestSentinels(servers, watching);
    const startServer = async (...more: string[]) => {
      servers.push(await RedisServer.start((dir, port) => [...serverArgs(dir, port), ...more, ...args]));
    };
    try {
      await startServer();
      const [master] = servers as [RedisServer];
      for (let i = 0; i < replicas; i++) await startServer('--replicaof', '127.0.0.1', String(master.port));
      const quorum = Math.floor(sentinels / 2) + 1;
      for (let i = 0; i < sentinels; i++) watching.push(await startSentinel(master, quorum, downAfterMs));
      await all.healthy();
      return all;
    } catch (error) {
      await all.stop();
      throw error;
    }
  }

  /** As the connections take it. */
  get target(): { readonly url: string } {
    return { url: this.url };
  }

  /** As REDIS_URL takes it. */
  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ address }) => address).join(',')}/${NAME}`;
  }

  /** The master, as most of the sentinels see it that are up. */
  async master(): Promise<RedisServer> {
    const votes = new Map<number, number>();
    for (const { admin } of this.sentinels.filter(({ isUp }) => isUp)) {
      const [, port] = (await admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as [string, string];
      votes.set(Number(port), (votes.get(Number(port)) ?? 0) + 1);
    }
    const [elected] = [...votes].toSorted(([, one], [, other]) => other - one);
    if (!elected) throw new Error('no sentinel is up');
    return this.servers.find(({ port }) => port === elected[0])!;
  }

  /**
   * SENTINEL FAILOVER: has a replica take over from a master that is well.
   * @returns the new master
   */
  async failover(): Promise<RedisServer> {
    const former = await this.master();
    const sentinel = this.sentinels.find(({ isUp }) => isUp);
    if (!sentinel) throw new Error('no sentinel is up');
    // One that has just seen a failover, or has not yet met the replicas again, says so.
    await until('a sentinel that begins a failover', async () => {
      return (await sentinel.admin.call('SENTINEL', 'FAILOVER', NAME)) === 'OK';
    });
    return this.takenOver(former);
  }

  /**
   * Waits until another server than `former` is the master, for all sentinels that are up.
   * @returns it
   */
  async takenOver(former: RedisServer): Promise<RedisServer> {
    await until(`another master than ${former.address}`, async () => {
      const master = await this.master();
      return master !== former && (await master.info('replication', 'role')) === 'master';
    });
    return this.master();
  }

  /** Waits until all that are up know each other, agree on the master, and each replica has what it has. */
  async healthy(withinMs?: number): Promise<void> {
    const up = this.servers.filter(({ isUp }) => isUp);
    const watching = this.sentinels.filter(({ isUp }) => isUp);
    await until(
      'a master, its replicas and sentinels that know each other',
      async () => {
        const master = await this.master();
        for (const { admin } of watching) {
          const seen = fieldsOf((await admin.call('SENTINEL', 'MASTER', NAME)) as string[]);
          if (seen.flags !== 'master' || Number(seen.port) !== master.port) return false;
          if (Number(seen['num-other-sentinels']) < watching.length - 1) return false;
          if (Number(seen['num-slaves']) < up.length - 1) return false;
        }
        for (const server of up) {
          if (server === master) continue;
          if ((await server.info('replication', 'master_port')) !== String(master.port)) return false;
          if ((await server.info('replication', 'master_link_status')) !== 'up') return false;
        }
        return (await master.info('replication', 'role')) === 'master';
      },
      withinMs,
    );
  }

  /** Ends all of them and removes their folders. */
  async stop(): Promise<void> {
    // The sentinels first: they would only change masters meanwhile.
    for (const some of [this.sentinels, this.servers]) await Promise.all(some.map((server) => server.stop()));
  }
}

async function startSentinel(master: RedisServer, quorum: number, downAfterMs: number): Promise<RedisServer> {
  const sentinel = await RedisServer.start((dir, port) => {
    // It keeps what it learns in its configuration.
    const file = join(dir, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      'logfile ""',
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${quorum}`,
      `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${NAME} 3000`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return [file, '--sentinel'];
  });
  await sentinel.admin.call('SENTINEL', 'DEBUG', ...Object.entries(HASTE).flat());
  return sentinel;
}

function fieldsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!]] : [])));
}
