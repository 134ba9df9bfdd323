import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ask } from '../cluster/ask.ts';
import { type MasterLookup, MasterRoute } from '../cluster/master-route.ts';
import { placeName } from '../cluster/place.ts';
import { Sentinels } from '../cluster/sentinels.ts';
import { DEFAULT_TAG, nameOf, tagsOf } from '../cluster/tag.ts';
import { Topology } from '../cluster/topology.ts';
import { beginCommands, type CommandOptions, connectCommands } from './command-connection.ts';
import type { Endpoint } from './endpoint.ts';
import { connectFeed } from './feed-connection.ts';
import type { Partition } from './partition.ts';
import { addressesOf, type RedisTarget, sentinelsOf, targetName } from './target.ts';

/** The service's access to its Redis. Closing it ends all connections made through it. */
export interface RedisLink {
  /** The one of the default space. */
  readonly partition: Partition;
  /** Its commands. */
  readonly commands: Redis;
  /** Whether it is a cluster, where keys have tags. */
  readonly isCluster: boolean;
  /**
   * Connects to the partitions of a cluster, for named spaces; elsewhere there is one. Those whose master is away are connected
   * to as soon as it is back. @returns all partitions, that of the default space first
   */
  openPartitions(count: number): Promise<readonly Partition[]>;
  /** Whether there is a key, wherever that is. @throws Error if its master does not answer */
  has(key: string): Promise<boolean>;
  /** True when data may be missing that was acknowledged: the epoch must move before anything is served. */
  readonly mayHaveLostData: boolean;
  /** Ends all connections at once; a command in flight is rejected. */
  close(): void;
}

export interface LinkOptions extends CommandOptions {
  mayHaveLostData?: boolean;
}

/** How long the feed reader blocks, ms. A silent link is noticed 3 s after that. */
export const FEED_BLOCK_MS = 1_000;
/** How long a start waits for the master of a partition that is not the default space's, ms. */
const AWAY_MS = 3_000;

/**
 * Opens a link to Redis: finds out whether it is one server, a cluster, or the master of sentinels; connects, checks the
 * version, and warns when the server may lose or evict data.
 * @throws Error that names the server and the reason, when that cannot be done in time
 */
export async function openRedis(target: RedisTarget, options: LinkOptions): Promise<RedisLink> {
  const connections = new Connections(options);
  try {
    const sentinel = sentinelsOf(target);
    return sentinel
      ? await behindSentinels(new Sentinels(sentinel), connections)
      : await toServers(target, connections);
  } catch (error) {
    connections.close();
    throw error;
  }
}

async function toServers(target: RedisTarget, connections: Connections): Promise<RedisLink> {
  const seeds = addressesOf(target);
  if (seeds.length > 1) {
    for (const seed of seeds) {
      // One that is away is not needed. Where all are, the topology goes on to ask them until it is too late.
      if ((await ask(seed, isCluster).catch(() => true)) === false) throw new Error(noCluster(target));
    }
    return inCluster(new Topology(seeds), connections);
  }
  const commands = await connectCommands(target, connections.options);
  connections.add(commands);
  if (await isCluster(commands)) {
    commands.disconnect();
    return inCluster(new Topology(seeds), connections);
  }
  return linkOf({ connections, partition: connections.wholeOf(target, commands), isCluster: false });
}

function noCluster(target: RedisTarget): string {
  const what = 'REDIS_URL names several servers, and one of them is in no cluster';
  return `cannot use Redis at ${targetName(target)}: ${what}: name one server, or sentinels (redis+sentinel://…/master)`;
}

async function behindSentinels(sentinels: Sentinels, connections: Connections): Promise<RedisLink> {
  const partition = await connections.connectPartition('', sentinels);
  connections.add(sentinels);
  sentinels.watch(() => void connections.leaveFormerMaster(sentinels));
  return linkOf({ connections, partition, isCluster: false });
}

async function inCluster(topology: Topology, connections: Connections): Promise<RedisLink> {
  const partition = await connections.connectPartition(DEFAULT_TAG, topology.lookup(DEFAULT_TAG));
  return {
    ...linkOf({ connections, partition, isCluster: true }),
    openPartitions: async (count) => {
      const opening = tagsOf(count).map((tag) => connections.beginPartition(tag, topology.lookup(tag)));
      return [partition, ...(await Promise.all(opening))];
    },
    has: (key) => topology.askMasterOf(key, async (redis) => (await redis.exists(key)) === 1),
  };
}

interface LinkParts {
  connections: Connections;
  partition: Partition;
  isCluster: boolean;
}

function linkOf({ connections, partition, isCluster }: LinkParts): RedisLink {
  const { commands } = partition;
  return {
    partition,
    commands,
    isCluster,
    mayHaveLostData: connections.options.mayHaveLostData ?? false,
    openPartitions: async () => [partition],
    has: async (key) => (await commands.exists(key)) === 1,
    close: () => connections.close(),
  };
}

/** All that a link has open. */
class Connections {
  readonly options: LinkOptions;
  readonly #open = new Set<Redis | Sentinels>();
  readonly #routes = new Map<Redis, MasterRoute>();

  constructor(options: LinkOptions) {
    this.options = options;
  }

  add(connection: Redis | Sentinels): void {
    this.#open.add(connection);
  }

  /** All of one Redis, to which commands have a connection already. */
  wholeOf(target: RedisTarget, commands: Redis): Partition {
    return { tag: '', name: '', commands, serverId: undefined, openFeed: () => this.#openFeed(target) };
  }

  /** What a master has, whichever that is. @throws Error if it can't be used */
  async connectPartition(tag: string, lookup: MasterLookup): Promise<Partition> {
    const route = new MasterRoute(lookup);
    return this.#partition(tag, lookup, route, this.#add(await connectCommands(route, this.options), route));
  }

  /** The same of a master that may be away for now: it is waited for no longer than {@link AWAY_MS}. */
  async beginPartition(tag: string, lookup: MasterLookup): Promise<Partition> {
    const route = new MasterRoute(lookup);
    const { redis, whenReady } = beginCommands(route, this.options, `commands ${nameOf(tag)}`);
    this.#add(redis, route);
    await Promise.race([whenReady, delay(AWAY_MS)]);
    return this.#partition(tag, lookup, route, redis);
  }

  #partition(tag: string, lookup: MasterLookup, route: MasterRoute, commands: Redis): Partition {
    return {
      tag,
      name: nameOf(tag),
      commands,
      serverId: () => route.serverId,
      // Each connection has a way of its own.
      openFeed: () => this.#openFeed(new MasterRoute(lookup), nameOf(tag)),
    };
  }

  /** Ends what leads to a server that is not the master any more, though it may not know; it connects anew by itself. */
  async leaveFormerMaster(lookup: MasterLookup): Promise<void> {
    const master = await lookup.find().catch(() => undefined);
    if (!master) return;
    for (const [redis, { address }] of this.#routes) {
      if (redis.status !== 'ready' || !address) continue;
      if (placeName(address) !== placeName(master)) redis.disconnect(true);
    }
  }

  close(): void {
    for (const one of this.#open) one instanceof Redis ? one.disconnect() : one.close();
  }

  #openFeed(endpoint: Endpoint, partition = ''): Redis {
    return this.#add(connectFeed(endpoint, FEED_BLOCK_MS, this.options.log, `feed ${partition}`.trim()), endpoint);
  }

  #add(redis: Redis, endpoint: Endpoint): Redis {
    this.#open.add(redis);
    if (endpoint instanceof MasterRoute) this.#routes.set(redis, endpoint);
    return redis;
  }
}

/** Who may not use INFO is taken to be on one server: a cluster needs it. */
async function isCluster(redis: Redis): Promise<boolean> {
  const info = await redis.info('cluster').catch((error: Error) => {
    if (error.message.startsWith('NOPERM')) return '';
    throw error;
  });
  return /^cluster_enabled:1\r?$/m.test(info);
}
