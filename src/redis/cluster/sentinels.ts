import { Redis } from 'ioredis';
import { retryStrategy } from '../connection/reconnect.ts';
import type { Address, SentinelTarget } from '../connection/target.ts';
import { askAll } from './ask.ts';
import type { MasterLookup } from './master-route.ts';
import type { HostPort } from './place.ts';

/** The sentinels that watch one master. */
export class Sentinels implements MasterLookup {
  readonly name: string;
  readonly server: Address;
  readonly #target: SentinelTarget;
  readonly #subscriptions: Redis[] = [];

  constructor(target: SentinelTarget) {
    this.#target = target;
    this.name = `the master "${target.name}" of the sentinels`;
    this.server = target.server;
  }

  async find(): Promise<HostPort> {
    const { name, sentinels } = this.#target;
    return askAll(sentinels, async (redis) => {
      const found = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as [string, string] | null;
      if (!found) throw new Error(`it knows no master "${name}"`);
      return { host: found[0], port: Number(found[1]) };
    });
  }

  /** Has `moved` called when they say that another server is the master, and when that may have been missed. */
  watch(moved: () => void): void {
    const { name, sentinels } = this.#target;
    for (const address of sentinels) {
      const redis = new Redis({ ...address, retryStrategy, maxRetriesPerRequest: null, enableReadyCheck: false });
      // One that is away is not needed: the others tell.
      redis.on('error', () => {});
      redis.on('ready', moved);
      redis.on('message', (_channel: string, message: string) => {
        if (message.startsWith(`${name} `)) moved();
      });
      redis.subscribe('+switch-master').catch(() => {});
      this.#subscriptions.push(redis);
    }
  }

  /** Ends what {@link watch} began. */
  close(): void {
    for (const redis of this.#subscriptions) redis.disconnect();
  }
}
