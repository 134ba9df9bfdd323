import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { SpaceName } from '../domain/spaces.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { DataLoss } from './data-loss.ts';
import { Dispatcher, type Memory } from './dispatcher.ts';
import { Feed } from './feed.ts';
import type { Hub } from './hub.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { PresenceKeeper } from './presence.ts';

export interface PartitionOptions {
  /** Of what in the partition is no named space's. */
  store: Store;
  /** The feed reader's own connection; nothing else may use it. */
  connection: Redis;
  /** What the partition needs before its feed is read. */
  prepare(): Promise<void>;
  /** Told when its feed is read. */
  started?: () => void;
}

interface Shared {
  hub: Hub;
  log: Logger;
  memory: Memory;
  presence: PresenceKeeper;
  metrics: DeliveryMetrics;
  blockMs: number;
}

/** How soon it is tried again to read the feed of a partition that was away when the node started, ms. */
const RETRY_MS = 500;

/** What brings one partition's feed to those who listen on this node. Its faults are no other partition's. */
export class PartitionDelivery {
  readonly store: Store;
  readonly #options: PartitionOptions & Shared;
  readonly #dispatcher: Dispatcher;
  readonly #dataLoss: DataLoss;
  readonly #feed: Feed;
  #isStopping = false;

  constructor(options: PartitionOptions & Shared) {
    const { store } = options;
    this.store = store;
    this.#options = options;
    const dataLoss = new DataLoss({ ...options, missed: (reason) => this.missed(reason) });
    this.#dataLoss = dataLoss;
    this.#dispatcher = new Dispatcher({ ...options, keys: store.keys, partition: store.partition });
    this.#feed = new Feed({ ...options, dispatcher: this.#dispatcher, dataLoss });
  }

  /** How long ago the feed was last known to be read to its end, ms. */
  get lagMs(): number {
    return this.#feed.lagMs;
  }

  /** Begins to read the feed. @throws what Redis throws */
  async start(): Promise<void> {
    await this.#options.prepare();
    await this.#feed.start();
    this.#options.started?.();
  }

  /** The same of a partition that may be away: it is begun with as soon as it is there. */
  async begin(): Promise<void> {
    await this.start().catch((error: unknown) => {
      const details = { partition: this.store.partition, err: error as Error };
      this.#options.log.warn(details, 'a partition is away: its spaces are not served for now');
      void this.#retry();
    });
  }

  /** Entries of the feed may have been missed: everybody reads. */
  missed(reason: string): void {
    this.#dispatcher.missed(reason);
  }

  /** A stream of the partition ended before a position that had been given out in it, while this epoch held. */
  report(space: SpaceName, epoch: string): void {
    this.#dataLoss.report(space, epoch);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#feed.stop();
  }

  async #retry(): Promise<void> {
    const { log } = this.#options;
    while (!this.#isStopping) {
      await delay(RETRY_MS);
      if (this.#isStopping) return;
      const isThere = await this.start().then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      log.info({ partition: this.store.partition }, 'a partition is there');
      this.missed('the partition was away');
      return;
    }
  }
}
