import type { Logger } from '../redis/logger.ts';
import type { CatchUps } from './catch-ups.ts';
import type { Hub } from './hub.ts';
import type { SourceKind } from './source.ts';
import type { Subscriber } from './subscriber.ts';

/** How often the shared timer looks who is due, ms. */
const TICK_MS = 250;
/** How many streams one verification asks for. */
const VERIFY_AT_ONCE = 500;

export interface HeartbeatOptions {
  hub: Hub;
  catchUps: CatchUps;
  log: Logger;
  /** A subscriber whose socket takes nothing for so long is closed, ms. */
  stallMs: number;
}

/**
 * The one timer of all subscribers: sends heartbeats, tells who may have missed signals, closes those whose token has expired or whose socket has stalled,
 * and gives another turn to those who could not read.
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  /** The kinds that are being asked, each by itself: one whose Redis does not answer holds up no other. */
  readonly #verifying = new Set<SourceKind>();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(Date.now()), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(now: number): void {
    const { hub, catchUps, stallMs } = this.#options;
    const due: Subscriber[] = [];
    for (const subscriber of hub.subscribers) {
      const { stalledSince, staleAt } = subscriber;
      if (staleAt !== undefined && now >= staleAt && stalledSince === undefined) subscriber.stale();
      if (now >= subscriber.expiresAt) subscriber.close('token_expired');
      else if (stalledSince !== undefined && now - stalledSince > stallMs) subscriber.close('too_slow');
      else if (subscriber.state === 'live' && now >= subscriber.heartbeatAt) due.push(subscriber);
      else if (subscriber.state === 'behind' && stalledSince === undefined) catchUps.add(subscriber);
    }
    for (const [kind, ofKind] of byKind(due)) {
      if (this.#verifying.has(kind)) continue;
      this.#verifying.add(kind);
      this.#verify(kind, ofKind).finally(() => this.#verifying.delete(kind));
    }
  }

  /** Asks how many streams stand at once, of each kind by themselves: what is wrong with one is no other's concern. */
  async #verify(kind: SourceKind, due: readonly Subscriber[]): Promise<void> {
    for (let first = 0; first < due.length; first += VERIFY_AT_ONCE) {
      const some = due.slice(first, first + VERIFY_AT_ONCE);
      await this.#beat(kind, some).catch((error: unknown) => this.#failed(some, error));
    }
  }

  #failed(subscribers: readonly Subscriber[], error: unknown): void {
    this.#options.log.warn({ err: error }, 'heartbeats could not be verified');
    for (const subscriber of subscribers) {
      const reason = subscriber.source.endedBy(error);
      if (reason) subscriber.close(reason);
    }
  }

  /**
   * A heartbeat says that the client has everything, so it is sent only where that was just seen: the stream ends between
   * what had been delivered when it was asked for and what has been by now. A reader that may not read any more is sent
   * away: that it was told so by the feed is not relied upon.
   */
  async #beat(kind: SourceKind, subscribers: readonly Subscriber[]): Promise<void> {
    const before = subscribers.map(({ cursor }) => cursor);
    const standings = await kind.verify(subscribers.map(({ source }) => source));
    subscribers.forEach((subscriber, i) => {
      const standing = standings[i]!;
      const { source, cursor, state } = subscriber;
      if ('ended' in standing) subscriber.close(standing.ended);
      if ('ended' in standing || state !== 'live') return;
      const isComplete = !source.isAfter(before[i]!, standing.newest) && !source.isAfter(standing.newest, cursor);
      if (isComplete) subscriber.heartbeat();
      else subscriber.behind();
    });
  }
}

function byKind(subscribers: readonly Subscriber[]): Map<SourceKind, Subscriber[]> {
  const kinds = new Map<SourceKind, Subscriber[]>();
  for (const subscriber of subscribers) {
    const { kind } = subscriber.source;
    const some = kinds.get(kind);
    if (some) some.push(subscriber);
    else kinds.set(kind, [subscriber]);
  }
  return kinds;
}
