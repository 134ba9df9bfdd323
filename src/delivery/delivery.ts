import type { Redis } from 'ioredis';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { CatchUps } from './catch-ups.ts';
import { DataLoss } from './data-loss.ts';
import { Dispatcher, type Memory } from './dispatcher.ts';
import { Feed } from './feed.ts';
import { Heartbeats } from './heartbeats.ts';
import { Hub } from './hub.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { PresenceKeeper } from './presence.ts';

export interface DeliveryOptions {
  store: Store;
  /** The feed reader's own connection; nothing else may use it. */
  connection: Redis;
  log: Logger;
  /** Kept up to date by what the feed tells. */
  memory: Memory;
  presence: PresenceKeeper;
  metrics: DeliveryMetrics;
  /** How long one read of the feed blocks, ms; also how soon a feed that was deleted is noticed. */
  blockMs: number;
  heartbeatMs: number;
  /** A subscriber whose socket takes nothing for so long is closed, ms. */
  stallMs: number;
  maxSubscribers: number;
  maxSubscribersPerUser: number;
}

/** Everything that brings what happens to those who listen on this node. */
export class Delivery {
  readonly hub: Hub;
  readonly #dispatcher: Dispatcher;
  readonly #feed: Feed;
  readonly #heartbeats: Heartbeats;

  constructor(options: DeliveryOptions) {
    const catchUps = new CatchUps(options.log);
    const dataLoss = new DataLoss({ ...options, missed: (reason) => this.missed(reason) });
    const hub = new Hub({ ...options, catchUps, dataLoss });
    this.hub = hub;
    this.#dispatcher = new Dispatcher({ ...options, hub, keys: options.store.keys });
    this.#feed = new Feed({ ...options, dispatcher: this.#dispatcher, dataLoss });
    this.#heartbeats = new Heartbeats({ ...options, hub, catchUps });
  }

  /** Begins to read the feed and to send heartbeats. */
  async start(): Promise<void> {
    await this.#feed.start();
    this.#heartbeats.start();
  }

  /** How long ago the feed was last known to be read to its end, ms. */
  get feedLagMs(): number {
    return this.#feed.lagMs;
  }

  /** Entries of the feed may have been missed: everybody reads. */
  missed(reason: string): void {
    this.#dispatcher.missed(reason);
  }

  /** Ends the heartbeats and the feed reader. {@link Hub.drain} comes first. */
  async stop(): Promise<void> {
    this.#heartbeats.stop();
    await this.#feed.stop();
  }
}
