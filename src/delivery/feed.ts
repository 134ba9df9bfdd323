import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RawEntry } from '../domain/entries.ts';
import { newestPosition } from '../domain/positions.ts';
import { compareStreamIds, formatStreamId, type StreamId, successor } from '../domain/stream-ids.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { newestIds } from '../redis/streams/commands.ts';
import type { DataLoss } from './data-loss.ts';
import type { Dispatcher } from './dispatcher.ts';
import { FeedEntry } from './feed-entry.ts';

/** Entries of one read. */
const BATCH = 100;
/**
 * How long to let entries gather when they come faster than one at a time, ms: a read of ten costs little more than a
 * read of one, and a subscriber's frames of one read leave in one write.
 */
const GATHER_MS = 2;
/** How long to wait after a failure that is not the link's, ms. */
const RETRY_MS = 250;

export interface FeedOptions {
  /** The reader's own connection; nothing else may use it. */
  connection: Redis;
  store: Store;
  log: Logger;
  /** How long one read blocks, ms; also how soon a feed that was deleted is noticed. */
  blockMs: number;
  dispatcher: Dispatcher;
  dataLoss: DataLoss;
}

/**
 * The one blocking read of this node: follows the feed and passes on what it says. A wake-up path, not the truth: all
 * that it may lose, repeat or delay is told as `missed` or found by the subscribers' successor rule.
 */
export class Feed {
  readonly #options: FeedOptions;
  #position: StreamId | undefined;
  /** `log mid` of the entry at the position: another one in its place after a reconnect is another history. */
  #identity = '';
  #linkBroken = false;
  #stopping = false;
  #loop: Promise<void> | undefined;
  #lastReadAt = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Takes the newest position as its start, and begins to read. */
  async start(): Promise<void> {
    this.#options.connection.on('close', () => {
      this.#linkBroken = true;
    });
    this.#position = (await this.#newest()).position;
    this.#lastReadAt = Date.now();
    this.#loop = this.#run();
  }

  /** Ends the loop and its connection. */
  async stop(): Promise<void> {
    const { connection } = this.#options;
    const isAway = connection.status !== 'ready';
    this.#stopping = true;
    connection.disconnect();
    // A read that waits for the reconnect is never settled by ioredis: nothing would end here as long as Redis is away.
    if (!isAway) await this.#loop;
  }

  /** How long ago the feed was last read to its end or seen to be idle, ms. */
  get lagMs(): number {
    return Date.now() - this.#lastReadAt;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        if (this.#linkBroken) await this.#resume();
        await this.#readOnce();
      } catch (error) {
        if (this.#stopping) return;
        this.#options.log.warn({ err: error }, 'the feed could not be read; trying again');
        await setTimeout(RETRY_MS);
      }
    }
  }

  async #readOnce(): Promise<void> {
    const { connection, store, blockMs, dispatcher } = this.#options;
    const asked = this.#position!;
    const reply = (await connection.xread(
      'COUNT',
      BATCH,
      'BLOCK',
      blockMs,
      'STREAMS',
      store.keys.feed(),
      formatStreamId(asked),
    )) as [string, RawEntry[]][] | null;
    this.#lastReadAt = Date.now();
    // A reply that comes over a new link was asked for before anybody looked at what the server has now.
    if (this.#linkBroken) return;
    if (!reply) return this.#checkIdle();
    const batch = reply[0]![1].map((raw) => new FeedEntry(raw));
    for (const entry of batch) {
      if (compareStreamIds(entry.id, successor(this.#position!)) !== 0) dispatcher.missed('hole in the feed');
      this.#position = entry.id;
      this.#identity = `${entry.log} ${entry.mid}`;
    }
    await this.#dispatch(batch);
    if (batch.length > 1 && batch.length < BATCH) await setTimeout(GATHER_MS);
  }

  /** The position has passed this batch, and it is not read again: what of it was not delivered was missed. */
  async #dispatch(batch: FeedEntry[]): Promise<void> {
    const { dispatcher, log } = this.#options;
    try {
      await dispatcher.dispatch(batch);
    } catch (error) {
      if (this.#stopping) return;
      log.warn({ err: error }, 'entries of the feed could not be delivered');
      dispatcher.missed('entries could not be delivered');
    }
  }

  /** Nothing came: is there nothing, or was the feed deleted, so that it counts from the start and is never read again? */
  async #checkIdle(): Promise<void> {
    const { position } = await this.#newest();
    if (compareStreamIds(position, this.#position!) >= 0) return;
    this.#position = position;
    this.#identity = '';
    this.#options.dispatcher.missed('the feed was deleted');
  }

  /**
   * After a broken link: the server behind it may be another one, or have come back with less. If what we have read
   * last is not there any more, acknowledged data was lost and ids will be given out again: the epoch has to move.
   */
  async #resume(): Promise<void> {
    const { dispatcher, dataLoss } = this.#options;
    this.#linkBroken = false;
    try {
      const { position, epoch } = await this.#newest();
      if (compareStreamIds(this.#position!, position) > 0 || (await this.#replaced())) {
        // An epoch that is newer than what was read last was begun by another node, for this loss.
        if (BigInt(epoch) <= successor(this.#position!).ms) await dataLoss.moveEpoch(epoch);
        this.#position = position;
        this.#identity = '';
      }
    } catch (error) {
      this.#linkBroken = true;
      throw error;
    }
    dispatcher.missed('the link to Redis was broken');
  }

  async #replaced(): Promise<boolean> {
    if (this.#identity === '') return false;
    const { redis, keys } = this.#options.store;
    const at = formatStreamId(this.#position!);
    const [entry] = await redis.xrange(keys.feed(), at, at);
    if (entry) return `${entry[1][1]} ${entry[1][3]}` !== this.#identity;
    // Gone: trimmed if the feed starts after it, lost if the feed goes on around it.
    const [oldest] = await redis.xrange(keys.feed(), '-', `(${at}`, 'COUNT', 1);
    return oldest !== undefined;
  }

  async #newest(): Promise<{ position: StreamId; epoch: string }> {
    const { store } = this.#options;
    const { epoch, newest } = await store.run(newestIds, [store.keys.feed()]);
    return { position: newestPosition(epoch, newest[0]!), epoch };
  }
}
