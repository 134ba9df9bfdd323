import { BUS, RedisServer, serverArgs, until } from './redis-server.ts';

export interface TestClusterOptions {
  masters?: number;
  /** In all; they are dealt out to the masters. */
  replicas?: number;
  /** How long a server that does not answer is thought to be there, ms. */
  nodeTimeoutMs?: number;
  /** The port that a server tells clients and replicas to come to, in place of its own one. */
  announce?: (port: number) => Promise<number>;
  /** Further command line options of each server. */
  args?: readonly string[];
}

const SLOTS = 16_384;

/** One line of CLUSTER NODES. */
interface Member {
  id: string;
  port: number;
  flags: readonly string[];
  /** The id of its master; `-` for a master. */
  master: string;
  isLinked: boolean;
  slots: readonly string[];
}

/** A real Redis Cluster on loopback ports. A shard that is away does not stop the others. */
export class TestCluster {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  /** Starts a cluster and waits until all of it is there: 3 masters and 3 replicas unless told otherwise. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const { masters = 3, replicas = 3, nodeTimeoutMs = 1_000, announce, args = [] } = options;
    const servers: RedisServer[] = [];
    const cluster = new TestCluster(servers);
    const files = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'];
    const settings = ['--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-require-full-coverage', 'no'];
    const roles = ['--cluster-allow-replica-migration', 'no'];
    try {
      const start = () =>
        RedisServer.start(async (dir, port) => {
          const announced = announce ? announceArgs(port, await announce(port)) : [];
          return [...serverArgs(dir, port), ...files, ...settings, ...roles, ...announced, ...args];
        });
      const starting = await Promise.allSettled(Array.from({ length: masters + replicas }, start));
      servers.push(...starting.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
      for (const one of starting) if (one.status === 'rejected') throw one.reason;
      await cluster.#form(masters);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** As the connections take it. */
  get target(): { readonly url: string } {
    return { url: `redis://${this.servers.map(({ address }) => address).join(',')}` };
  }

  /** Each server's URL. */
  get urls(): string[] {
    return this.servers.map(({ address }) => `redis://${address}`);
  }

  /** The server that is master of a key's slot, as most of those see it that are up. */
  async masterOf(key: string): Promise<RedisServer> {
    const slot = await this.#anyone().admin.cluster('KEYSLOT', key);
    const votes = new Map<number, number>();
    for (const server of this.servers.filter(({ isUp }) => isUp)) {
      const owner = (await this.#membersSeenBy(server)).find(({ slots }) => slots.some((range) => isIn(slot, range)));
      if (owner) votes.set(owner.port, (votes.get(owner.port) ?? 0) + 1);
    }
    const [elected] = [...votes].toSorted(([, one], [, other]) => other - one);
    if (!elected) throw new Error(`nobody serves slot ${slot}`);
    return this.#serverAt(elected[0]);
  }

  /** The servers that copy another one, and are up. */
  async replicasOf(master: RedisServer): Promise<RedisServer[]> {
    const id = await this.#idOf(master);
    const members = await this.#membersSeenBy(this.#anyone(master));
    return members
      .filter((member) => member.master === id)
      .map(({ port }) => this.#serverAt(port))
      .filter(({ isUp }) => isUp);
  }

  /**
   * CLUSTER FAILOVER: a replica takes over from a master that is well, and knows all that it knows.
   * @returns the new master of the key's slot
   */
  async failover(key: string): Promise<RedisServer> {
    const master = await this.masterOf(key);
    const [replica] = await this.replicasOf(master);
    if (!replica) throw new Error(`${master.address} has no replica that is up`);
    await replica.admin.cluster('FAILOVER');
    await this.takenOver(key, master);
    return replica;
  }

  /**
   * Waits until another server than `former` is master of a key's slot.
   * @returns it
   */
  async takenOver(key: string, former: RedisServer): Promise<RedisServer> {
    await until(`another master than ${former.address} for ${key}`, async () => {
      const master = await this.masterOf(key);
      return master !== former && (await master.info('replication', 'role')) === 'master';
    });
    return this.masterOf(key);
  }

  /** Has a server that has left the cluster (CLUSTER RESET) come back as a replica. */
  async rejoin(server: RedisServer, master: RedisServer): Promise<void> {
    const id = await this.#idOf(master);
    await this.#forgetFormer(server);
    await server.admin.call('CLUSTER', 'MEET', '127.0.0.1', master.port, master.port + BUS);
    await until(`${server.address} knows its master`, async () => {
      return (await server.admin.call('CLUSTER', 'REPLICATE', id)) === 'OK';
    });
    await this.healthy();
  }

  /**
   * Waits until all that are up agree, every slot is served, and each replica has what its master has. They have to agree
   * about the epoch as well: who takes a slot without having heard of the newest one may claim an epoch that is given out,
   * and where that collides two servers can go on to believe for ever that the other one has the slot.
   */
  async healthy(withinMs?: number): Promise<void> {
    const up = this.servers.filter(({ isUp }) => isUp);
    const isWell = async (server: RedisServer) => {
      const info = String(await server.admin.cluster('INFO'));
      if (!info.includes('cluster_state:ok') || !info.includes(`cluster_slots_ok:${SLOTS}`)) return false;
      const role = await server.info('replication', 'role');
      return role === 'master' || (await server.info('replication', 'master_link_status')) === 'up';
    };
    const doAgree = async () => {
      const epochs = await Promise.all(up.map(async ({ admin }) => epochIn(String(await admin.cluster('INFO')))));
      if (new Set(epochs).size > 1) return false;
      const seen = await Promise.all(up.map((server) => this.#membersSeenBy(server)));
      const views = seen.map((members) => members.filter(({ port }) => up.some((server) => server.port === port)));
      const roles = views.map((members) => members.map(({ port, master, slots }) => `${port} ${master} ${slots}`));
      return (
        views.every((members) => members.length === up.length && members.every(isTrusted)) &&
        new Set(roles.map((lines) => lines.toSorted().join('\n'))).size === 1
      );
    };
    await until(
      'a healthy cluster',
      async () => (await doAgree()) && (await Promise.all(up.map(isWell))).every(Boolean),
      withinMs,
    );
  }

  /** Ends all servers and removes their folders. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async #form(masters: number): Promise<void> {
    const [first, ...others] = this.servers as [RedisServer, ...RedisServer[]];
    const share = Math.ceil(SLOTS / masters);
    for (const [i, { admin }] of this.servers.slice(0, masters).entries()) {
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1);
    }
    // Two that claim the same epoch need a while to agree.
    for (const [i, { admin }] of this.servers.entries()) await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    for (const { admin } of others) await admin.call('CLUSTER', 'MEET', '127.0.0.1', first.port, first.port + BUS);
    await until('everybody knows everybody', async () => {
      const seen = await Promise.all(this.servers.map((server) => this.#membersSeenBy(server)));
      return seen.every((members) => members.filter(isTrusted).length === this.servers.length);
    });
    for (const [i, { admin }] of this.servers.slice(masters).entries()) {
      await admin.call('CLUSTER', 'REPLICATE', await this.#idOf(this.servers[i % masters]!));
    }
    await this.healthy();
  }

  /** Has the others forget who a server was before it was reset. */
  async #forgetFormer(server: RedisServer): Promise<void> {
    const id = await this.#idOf(server);
    for (const other of this.servers.filter((one) => one !== server && one.isUp)) {
      const members = await this.#membersSeenBy(other);
      const former = members.filter(({ port, flags }) => port === server.port || flags.includes('noaddr'));
      for (const one of former) if (one.id !== id) await other.admin.call('CLUSTER', 'FORGET', one.id);
    }
  }

  async #idOf(server: RedisServer): Promise<string> {
    const members = await this.#membersSeenBy(this.#anyone(server));
    return members.find(({ port }) => port === server.port)!.id;
  }

  async #membersSeenBy({ admin }: RedisServer): Promise<Member[]> {
    const lines = String(await admin.cluster('NODES'))
      .trim()
      .split('\n');
    return lines.map((line) => {
      const [id, address, flags, master, , , , link, ...slots] = line.split(' ') as string[];
      // The port of its bus is its own, whatever it announces.
      const port = Number(/@(\d+)/.exec(address!)?.[1]) - BUS;
      return { id: id!, port, flags: flags!.split(','), master: master!, isLinked: link === 'connected', slots };
    });
  }

  /** One that answers, `preferred` if that does. */
  #anyone(preferred?: RedisServer): RedisServer {
    const found = preferred?.isUp ? preferred : this.servers.find(({ isUp }) => isUp);
    if (!found) throw new Error('no server of the cluster is up');
    return found;
  }

  #serverAt(port: number): RedisServer {
    return this.servers.find((server) => server.port === port)!;
  }
}

function announceArgs(port: number, announced: number): string[] {
  return ['--cluster-announce-port', String(announced), '--cluster-announce-bus-port', String(port + BUS)];
}

function epochIn(info: string): string | undefined {
  return /^cluster_current_epoch:(\d+)/m.exec(info)?.[1];
}

function isIn(slot: number, range: string): boolean {
  const [from, to = from] = range.split('-').map(Number) as [number, number?];
  return slot >= from && slot <= to!;
}

/** Neither thought to be away nor unknown as yet. */
function isTrusted({ flags, isLinked }: Member): boolean {
  return isLinked && !flags.some((flag) => ['handshake', 'noaddr', 'fail', 'fail?'].includes(flag));
}
