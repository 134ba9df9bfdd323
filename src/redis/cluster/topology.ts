import type { Redis } from 'ioredis';
import type { Address } from '../connection/target.ts';
import { ask, askAll } from './ask.ts';
import type { MasterLookup } from './master-route.ts';
import { type HostPort, placeName } from './place.ts';
import { slotOf } from './slots.ts';

/** An answer to CLUSTER SLOTS: from, to, the master, then its replicas. */
type SlotRange = [from: number, to: number, master: SlotServer, ...replicas: SlotServer[]];
type SlotServer = [host: string | null, port: number, ...unknown[]];

/** Who serves which slot of a cluster, as its servers say when they are asked. */
export class Topology {
  /** Of those that REDIS_URL names; the credentials hold for all. */
  readonly #seeds: readonly Address[];
  /** Everybody that was heard of last. */
  #known: readonly HostPort[] = [];

  constructor(seeds: readonly Address[]) {
    this.#seeds = seeds;
  }

  /** Who we are for its servers, and whether TLS is spoken. */
  get server(): Address {
    const { host: _host, port: _port, ...server } = this.#seeds[0]!;
    return server;
  }

  /** For the master that a key belongs to. */
  lookup(key: string): MasterLookup {
    const slot = slotOf(key);
    return { name: `the master of slot ${slot}`, server: this.server, find: () => this.#masterOf(slot) };
  }

  /**
   * Asks the master of a key something, once.
   * @throws Error where nobody knows it, or it does not answer
   */
  async askMasterOf<Reply>(key: string, question: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    return ask({ ...this.server, ...(await this.#masterOf(slotOf(key))) }, question);
  }

  async #masterOf(slot: number): Promise<HostPort> {
    const heard = new Map<string, HostPort>();
    const master = await askAll(this.#all(), async (redis, asked) => {
      const ranges = await slotsOf(redis);
      for (const [, , ...servers] of ranges) {
        for (const server of servers) {
          const place = placeOf(server, asked);
          heard.set(placeName(place), place);
        }
      }
      const range = ranges.find(([from, to]) => slot >= from && slot <= to);
      return range && placeOf(range[2], asked);
    });
    if (heard.size > 0) this.#known = [...heard.values()];
    return master;
  }

  /** The seeds may all have been replaced by others meanwhile. */
  #all(): Address[] {
    const seeds = this.#seeds.map(({ host, port }) => ({ host: host!, port: port! }));
    const places = new Map([...this.#known, ...seeds].map((place) => [placeName(place), place]));
    return [...places.values()].map((place) => ({ ...this.server, ...place }));
  }
}

async function slotsOf(redis: Redis): Promise<SlotRange[]> {
  return (await redis.call('CLUSTER', 'SLOTS')) as SlotRange[];
}

/** A server that does not know under which host it is reached tells none: it is the one that was asked. */
function placeOf([host, port]: SlotServer, asked: HostPort): HostPort {
  return { host: host || asked.host, port };
}
