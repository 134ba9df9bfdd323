import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RawEntry } from '../domain/entries.ts';
import { newestPosition, OLDEST } from '../domain/positions.ts';
import {
  compareStreamIds,
  formatStreamId,
  isSuccessorText,
  parseStreamId,
  type StreamId,
  successor,
} from '../domain/stream-ids.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { newestIds } from '../redis/streams/commands.ts';
import type { DataLoss } from './data-loss.ts';
import type { Dispatcher } from './dispatcher.ts';
import { FeedEntry } from './feed-entry.ts';
import type { Hub } from './hub.ts';
import { SignalEntry } from './signal-entry.ts';

/** Entries of one read, of each stream. */
const BATCH = 100;
/**
 * How far apart two reads are at least while entries come faster than one at a time, ms: a read of ten costs little more
 * than a read of one, and a subscriber's frames of one read leave in one write. While some are delivered the next ones
 * gather by themselves.
 */
const GATHER_MS = 2;
/**
 * The same while nobody listens here: then the feed is only read to keep up to date what this node remembers. Whoever begins to listen
 * may wait for so long: a stream once, a client of long-polls with each one that finds nobody else here.
 */
const GATHER_UNHEARD_MS = 10;
/** How long to wait after a failure that is not the link's, ms. */
const RETRY_MS = 250;

export interface FeedOptions {
  /** The reader's own connection; nothing else may use it. */
  connection: Redis;
  store: Store;
  log: Logger;
  /** How long one read blocks, ms; also how soon it is noticed that a stream was deleted. */
  blockMs: number;
  dispatcher: Dispatcher;
  hub: Hub;
  dataLoss: DataLoss;
}

/** A stream that is followed, and where it was read to: an id as Redis prints it. */
interface Followed {
  position: string;
  /** When an entry came, or it was seen that there is none, ms since 1970. */
  provedAt: number;
}

/**
 * The one blocking read of this node: follows the feed, and beside it the signals, and passes on what they say. A wake-up
 * path, not the truth: all that the feed may lose, repeat or delay is told as `missed` or found by the subscribers'
 * successor rule. Of signals nothing is kept elsewhere: who may have missed one is told so.
 */
export class Feed {
  readonly #options: FeedOptions;
  #feed: Followed = { position: formatStreamId(OLDEST), provedAt: 0 };
  #signals: Followed = { position: formatStreamId(OLDEST), provedAt: 0 };
  /** Of the entry at the position: another one in its place after a reconnect is another history. */
  #identity = '';
  #linkBroken = false;
  #stopping = false;
  #loop: Promise<void> | undefined;
  #lastReadAt = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    options.connection.on('close', () => {
      this.#linkBroken = true;
    });
  }

  /** Takes the newest position as its start, and begins to read. */
  async start(): Promise<void> {
    // Breaks of before are nothing to it.
    this.#linkBroken = false;
    const { feed, signals } = await this.#newest();
    this.#feed = { position: feed, provedAt: Date.now() };
    this.#signals = { position: signals, provedAt: Date.now() };
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
    const { connection, store, blockMs, hub } = this.#options;
    const [feed, signals] = [store.keys.feed(), store.keys.signals()];
    const reply = (await connection.xread(
      'COUNT',
      BATCH,
      'BLOCK',
      blockMs,
      'STREAMS',
      feed,
      signals,
      this.#feed.position,
      this.#signals.position,
    )) as [string, RawEntry[]][] | null;
    const since = performance.now();
    this.#lastReadAt = Date.now();
    // A reply that comes over a new link was asked for before anybody looked at what the server has now.
    if (this.#linkBroken) return;
    const read = new Map(reply);
    const [entries, told] = [read.get(feed) ?? [], read.get(signals) ?? []];
    if (entries.length > 0) await this.#takeFeed(entries.map((raw) => new FeedEntry(raw)));
    if (told.length > 0) this.#takeSignals(told.map((raw) => new SignalEntry(raw)));
    // The one may be idle for long while the other is not.
    const idleSince = Math.min(this.#feed.provedAt, this.#signals.provedAt);
    if (!reply || Date.now() - idleSince >= blockMs) await this.#checkIdle();
    const longest = Math.max(entries.length, told.length);
    const gatherMs = hub.hasListeners ? GATHER_MS : GATHER_UNHEARD_MS;
    const left = Math.round(gatherMs - (performance.now() - since));
    if (longest > 1 && longest < BATCH && left > 0) await setTimeout(left);
  }

  async #takeFeed(batch: FeedEntry[]): Promise<void> {
    const followed = this.#feed;
    for (const entry of batch) {
      if (!isSuccessorText(entry.id, followed.position)) this.#options.dispatcher.missed('hole in the feed');
      followed.position = entry.id;
    }
    this.#identity = batch.at(-1)!.identity;
    followed.provedAt = Date.now();
    await this.#dispatch(batch);
  }

  #takeSignals(batch: SignalEntry[]): void {
    const { dispatcher } = this.#options;
    const followed = this.#signals;
    for (const entry of batch) {
      if (!isSuccessorText(entry.id, followed.position)) dispatcher.signalsMissed('hole in the signals');
      followed.position = entry.id;
    }
    followed.provedAt = Date.now();
    dispatcher.signal(batch);
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

  /** Nothing came: is there nothing, or was a stream deleted, so that it counts from the start and is never read again? */
  async #checkIdle(): Promise<void> {
    const { dispatcher } = this.#options;
    const { feed, signals } = await this.#newest();
    if (isBefore(feed, this.#feed.position)) {
      this.#feed.position = feed;
      this.#identity = '';
      dispatcher.missed('the feed was deleted');
    }
    if (isBefore(signals, this.#signals.position)) {
      this.#signals.position = signals;
      dispatcher.signalsMissed('the signals were deleted');
    }
    this.#feed.provedAt = Date.now();
    this.#signals.provedAt = Date.now();
  }

  /**
   * After a broken link: the server behind it may be another one, or have come back with less. If what we have read
   * last is not there any more, acknowledged data was lost and ids will be given out again: the epoch has to move.
   */
  async #resume(): Promise<void> {
    const { dispatcher, dataLoss } = this.#options;
    this.#linkBroken = false;
    try {
      const { feed, signals, epoch } = await this.#newest();
      if (isBefore(feed, this.#feed.position) || (await this.#replaced())) {
        // An epoch that is newer than what was read last was begun by another node, for this loss.
        if (BigInt(epoch) <= successor(positionOf(this.#feed.position)).ms) await dataLoss.moveEpoch(epoch);
        this.#feed.position = feed;
        this.#identity = '';
      }
      // From here on; whatever there was before may be that of another history.
      this.#signals.position = signals;
    } catch (error) {
      this.#linkBroken = true;
      throw error;
    }
    dispatcher.missed('the link to Redis was broken');
    dispatcher.signalsMissed('the link to Redis was broken');
  }

  async #replaced(): Promise<boolean> {
    if (this.#identity === '') return false;
    const { redis, keys } = this.#options.store;
    const at = this.#feed.position;
    const [entry] = await redis.xrange(keys.feed(), at, at);
    if (entry) return new FeedEntry(entry).identity !== this.#identity;
    // Gone: trimmed if the feed starts after it, lost if the feed goes on around it.
    const [oldest] = await redis.xrange(keys.feed(), '-', `(${at}`, 'COUNT', 1);
    return oldest !== undefined;
  }

  async #newest(): Promise<{ feed: string; signals: string; epoch: string }> {
    const { store } = this.#options;
    const { epoch, newest } = await store.run(newestIds, [store.keys.feed(), store.keys.signals()]);
    const [feed, signals] = newest.map((id) => formatStreamId(newestPosition(epoch, id)));
    return { feed: feed!, signals: signals!, epoch };
  }
}

function positionOf(id: string): StreamId {
  return parseStreamId(id)!;
}

function isBefore(id: string, other: string): boolean {
  return compareStreamIds(positionOf(id), positionOf(other)) < 0;
}
