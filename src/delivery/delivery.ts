import type { Logger } from '../redis/logger.ts';
import { CatchUps } from './catch-ups.ts';
import type { Memory } from './dispatcher.ts';
import { Heartbeats } from './heartbeats.ts';
import { Hub } from './hub.ts';
import type { DeliveryMetrics } from './metrics.ts';
import { PartitionDelivery, type PartitionOptions } from './partition-delivery.ts';
import type { PresenceKeeper } from './presence.ts';
import { TimeSlices } from './time-slices.ts';

export interface DeliveryOptions {
  /** All that there are, that of the default space first. */
  partitions: readonly PartitionOptions[];
  log: Logger;
  /** Kept up to date by what the feeds tell. */
  memory: Memory;
  presence: PresenceKeeper;
  metrics: DeliveryMetrics;
  /** How long one read of a feed blocks, ms; also how soon a feed that was deleted is noticed. */
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
  /** Those in which pages are written; streams are opened in the same ones. */
  readonly slices = new TimeSlices();
  readonly #first: PartitionDelivery;
  readonly #others: readonly PartitionDelivery[];
  readonly #byPrefix: ReadonlyMap<string, PartitionDelivery>;
  readonly #heartbeats: Heartbeats;

  constructor(options: DeliveryOptions) {
    const prefixOf = options.partitions.length === 1 ? () => options.partitions[0]!.store.keys.partition : prefixIn;
    const catchUps = new CatchUps(options.log, prefixOf);
    const hub = new Hub({
      ...options,
      catchUps,
      slices: this.slices,
      dataLoss: { report: ({ key, space }, epoch) => this.#byPrefix.get(prefixOf(key))!.report(space, epoch) },
    });
    this.hub = hub;
    const [first, ...others] = options.partitions.map((one) => new PartitionDelivery({ ...options, ...one, hub }));
    this.#first = first!;
    this.#others = others;
    this.#byPrefix = new Map([first!, ...others].map((one) => [one.store.keys.partition, one]));
    this.#heartbeats = new Heartbeats({ ...options, hub, catchUps });
  }

  /** Begins to read the feeds and to send heartbeats. Those of other partitions than the first one's may be away. */
  async start(): Promise<void> {
    await this.#first.start();
    await Promise.all(this.#others.map((one) => one.begin()));
    this.#heartbeats.start();
  }

  /** How long ago the feed of a partition was last known to be read to its end, ms. */
  feedLagMs(partition = this.#first.store.partition): number {
    return [this.#first, ...this.#others].find(({ store }) => store.partition === partition)?.lagMs ?? Infinity;
  }

  /** Entries of the feeds may have been missed: everybody reads. */
  missed(reason: string): void {
    for (const one of [this.#first, ...this.#others]) one.missed(reason);
  }

  /** Ends the heartbeats and the feed readers. {@link Hub.drain} comes first. */
  async stop(): Promise<void> {
    this.#heartbeats.stop();
    await Promise.all([this.#first, ...this.#others].map((one) => one.stop()));
  }
}

/** What the keys of a partition begin with in a cluster: all up to the end of its tag. */
function prefixIn(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}
