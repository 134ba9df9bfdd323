import { refuse } from '../../domain/refusals.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import { acknowledge, type KeptConsumer, listConsumers, putConsumer, removeConsumer } from './commands.ts';

/** How long a consumer may stay away until nothing is kept for it, s, where it says nothing. */
export const RETENTION_S = 86_400;
/** How many there may be, our own among them. */
const MAX_CONSUMERS = 100;
/** What is in no consumer's name: those that have it are our own, of webhooks and pushes. */
const OF_OURS = ':';

/** Somebody who follows the journal. */
export interface Consumer {
  name: string;
  /** Everything up to here is dealt with. */
  acknowledged: Cursor;
  retentionSeconds: number;
  createdAt: string;
  /** Until when the journal is kept for it, unless it comes back before. */
  keptUntil: string;
}

/** Who follows the journal of a space: what nobody wants is not written, and what all have acknowledged is not kept. */
export class Consumers {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All, in the order of their names. */
  async list(): Promise<Consumer[]> {
    const { consumers } = await this.#store.run(listConsumers, undefined);
    return consumers
      .filter(({ name }) => !name.includes(OF_OURS))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(toConsumer);
  }

  /** @throws ImError `consumer_not_found` */
  async get(name: string): Promise<Consumer> {
    const found = (await this.list()).find((one) => one.name === name);
    return found ?? refuse('consumer_not_found', name);
  }

  /**
   * Makes a consumer, which starts at the journal's end; from then on it has everything. Of one that is there the retention
   * becomes what is given.
   */
  async put(name: string, retentionSeconds?: number): Promise<{ consumer: Consumer; created: boolean }> {
    const { consumer, created } = await this.#store.run(putConsumer, {
      name,
      retentionMs: retentionSeconds === undefined ? undefined : retentionSeconds * 1_000,
      initialMs: RETENTION_S * 1_000,
      max: MAX_CONSUMERS,
    });
    return { consumer: toConsumer(consumer), created };
  }

  /** It has dealt with everything up to a cursor; one that lies before what it has acknowledged changes nothing. */
  async acknowledge(name: string, cursor: Cursor): Promise<Consumer> {
    const { consumer } = await this.#store.run(acknowledge, { name, cursor });
    return toConsumer(consumer);
  }

  /** Without one nothing happens. */
  async remove(name: string): Promise<void> {
    await this.#store.run(removeConsumer, name);
  }
}

function toConsumer({ name, acknowledged, untilMs, retentionMs, createdAtMs }: KeptConsumer): Consumer {
  return {
    name,
    acknowledged,
    retentionSeconds: retentionMs / 1_000,
    createdAt: new Date(createdAtMs).toISOString(),
    keptUntil: new Date(untilMs).toISOString(),
  };
}
