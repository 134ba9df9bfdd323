import type { Uid } from '../domain/names.ts';
import type { Cursor } from '../domain/stream-ids.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { Listener } from './listener.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { ByeReason, EventName, SignalName, Sink } from './sink.ts';
import type { Source, Start } from './source.ts';
import type { State } from './state.ts';
import type { TimeSlices } from './time-slices.ts';

/** When a client that has lost its connection comes back by itself, ms. */
const RETRY_MS = 3_000;
/** A page of catching up. */
const PAGE = { count: 200, maxBytes: 256 * 1024 };

/** Over how long those who may have missed signals are told so: each reads several things anew then, ms. */
const STALE_SPREAD_MS = 10_000;

/** How a stream is opened. */
export interface Opening {
  start: Start;
  /** Called once the first page has been read. */
  openSink: () => Sink;
  /** When the stream has to end, ms since 1970. */
  expiresAt: number;
  /** Who the stream is told of when they come and go. */
  watched?: readonly Uid[];
  /** The server key that it is opened by; a user's stream has none. */
  serverKey?: string | undefined;
}

/** Why a stream ends, and when the client should come back, ms. */
export interface Ending {
  reason: ByeReason;
  retryMs: number | undefined;
}

/** What the subscribers of a node share. */
export interface SubscriberHost {
  /** The time between two heartbeats; told to the client, which then knows how long silence is normal. */
  heartbeatMs: number;
  /** Gives a turn to read; {@link Subscriber.catchUp} is called then. */
  catchUps: { add(subscriber: Subscriber): void; remove(subscriber: Subscriber): void };
  /** Told when a position that was given out in a stream lay beyond it while this epoch held. */
  dataLoss: { report(source: Source, epoch: string): void };
  /** Pages are written in slices: many may come at the same moment. */
  slices: TimeSlices;
  metrics: DeliveryMetrics;
}

/**
 * One open stream of one reader. The rule that makes it safe: an event from the feed is delivered only if it is the
 * successor of the cursor. Anything else means that the subscriber is behind and reads its stream from the cursor.
 */
export class Subscriber implements Listener {
  readonly source: Source;
  /** Who it is told of when they come and go, as far as its reader may know. */
  readonly watched: readonly Uid[];
  /** When the stream has to end, ms since 1970; later, once a client has renewed its credential. */
  expiresAt: number;
  /**
   * Resolves once the stream is open: when its first page has been read. With an ending where it was ended before that, and
   * nothing was told. Rejected with what the source refuses, or Redis, while there is nobody yet to tell it to otherwise.
   */
  readonly opened: Promise<Ending | undefined>;
  /** The server key that it goes on by; a user's stream has none. */
  serverKey: string | undefined;
  readonly #host: SubscriberHost;
  readonly #openSink: () => Sink;
  #settleOpened!: { resolve(ending?: Ending): void; reject(error: unknown): void };
  /** Undefined until the first page has been read. */
  #sink: Sink | undefined;
  #heartbeatAt: number;
  #stalledSince: number | undefined;
  #staleAt: number | undefined;
  #state: State = 'behind';
  /** What was delivered last; before the first page, where that is to start. */
  #cursor: Start;
  /** The newest id that the feed told while this subscriber was not live. */
  #seen: Cursor | undefined;
  /** Something may have been missed while a page was read. */
  #mustReread = false;
  /** Whether the cursor was reached by reading, rather than named by the client. */
  #cursorIsOurs = false;

  constructor(host: SubscriberHost, source: Source, { start, openSink, expiresAt, watched = [], serverKey }: Opening) {
    this.source = source;
    this.watched = watched;
    this.expiresAt = expiresAt;
    this.serverKey = serverKey;
    this.#host = host;
    this.#openSink = openSink;
    this.#cursor = start;
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    // Those who come at the same moment, after a restart say, do not have their heartbeats at the same moment.
    this.#heartbeatAt = Date.now() + host.heartbeatMs * (0.5 + Math.random() / 2);
    host.metrics.subscribers(this.#state, 1, source.space);
  }

  get state(): State {
    return this.#state;
  }

  /** What was delivered last, once the stream is open. */
  get cursor(): Cursor {
    return this.#cursor as Cursor;
  }

  /** When the next heartbeat is due, ms since 1970. */
  get heartbeatAt(): number {
    return this.#heartbeatAt;
  }

  /** Since when the socket takes nothing, ms since 1970; undefined while it does. */
  get stalledSince(): number | undefined {
    return this.#stalledSince;
  }

  /** From when on it is to be told that it may have missed signals, ms since 1970; undefined if it has not. */
  get staleAt(): number | undefined {
    return this.#staleAt;
  }

  /** Says where the stream begins. What was signalled before, nobody knows. */
  #open(from: Cursor): void {
    this.#cursor = from;
    this.#sink = this.#openSink();
    this.#sink.onDrain(() => {
      this.#stalledSince = undefined;
      if (this.#state === 'behind') this.#host.catchUps.add(this);
    });
    this.#emit('ready', `{"cursor":"${from}","heartbeatMs":${this.#host.heartbeatMs}}`, RETRY_MS);
    if (!this.source.isOfServer) this.#sink.signal('stale', '{}');
    this.#settleOpened.resolve();
  }

  /**
   * Takes what the feed says of this stream: its entry `id` is this message. Written by {@link flush}.
   * @returns whether it was delivered
   */
  offer(id: Cursor, entry: FeedEntry): boolean {
    if (this.#state === 'live' && this.source.isSuccessor(id, this.cursor)) {
      this.#cursor = id;
      this.#emit('message', entry.jsonFor(this.source.reader));
      return true;
    }
    if (this.#state === 'closed') return false;
    if (this.#state !== 'live') {
      if (this.#seen === undefined || this.source.isAfter(id, this.#seen)) this.#seen = id;
    } else if (this.source.isAfter(id, this.cursor)) {
      this.#seen = id;
      this.behind();
    }
    return false;
  }

  /** Takes a signal, if the socket does; signals are the first that a slow client goes without. */
  signal(name: SignalName, json: string): void {
    // What comes before the first event needs no telling: it says that signals may have been missed.
    if (this.#state === 'closed' || !this.#sink) return;
    if (this.#stalledSince === undefined) this.#sink.signal(name, json);
    else this.#staleAt ??= Date.now();
  }

  /** Signals may have been missed: it is told so, in a while. */
  signalsMissed(): void {
    if (this.source.isOfServer) return;
    this.#staleAt ??= Date.now() + Math.random() * STALE_SPREAD_MS;
  }

  /** Tells that signals may have been missed. */
  stale(): void {
    this.#staleAt = undefined;
    this.#sink?.signal('stale', '{}');
    this.flush();
  }

  /** Writes what was offered; a full socket makes the subscriber wait in its stream, not in our memory. */
  flush(): void {
    if (this.#state !== 'closed' && this.#stalledSince === undefined && this.#sink) this.#flush(this.#sink);
  }

  /** Something may have been missed: the stream has to be read. */
  behind(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'catching-up') {
      // The page that is under way may have been read before; a second loop beside it would deliver everything twice.
      this.#mustReread = true;
      return;
    }
    this.#become('behind');
    if (this.#stalledSince === undefined) this.#host.catchUps.add(this);
  }

  /**
   * Reads the stream until nothing is left, the socket is full, or the stream is closed.
   * @throws what Redis throws, once it is open; the subscriber is still behind then
   */
  async catchUp(): Promise<void> {
    if (this.#state !== 'behind' || this.#stalledSince !== undefined) return;
    this.#become('catching-up');
    try {
      while (this.#is('catching-up')) await this.#readPage();
    } catch (error) {
      if (!this.#sink) return this.#settleOpened.reject(error);
      const reason = this.source.endedBy(error);
      if (reason) return this.close(reason);
      if (this.#is('catching-up')) this.#become('behind');
      throw error;
    }
  }

  async #readPage(): Promise<void> {
    const page = await this.source.page(this.#cursor, PAGE);
    // An empty page is next to no work.
    if (page.items.length > 0) await this.#host.slices.next();
    if (!this.#is('catching-up')) return;
    if (!this.#sink) this.#open(page.from);
    const sink = this.#sink!;
    if (page.beyond && this.#cursorIsOurs) this.#host.dataLoss.report(this.source, page.epoch);
    if (page.gap) sink.event('gap', page.gap.resumed, JSON.stringify(page.gap));
    const name = this.source.itemName ?? 'message';
    for (const { cursor, json } of page.items) sink.event(name, cursor, json);
    this.#cursor = page.next;
    this.#cursorIsOurs = true;
    this.#host.metrics.delivered(page.items.length, this.source.space);
    this.#flush(sink);
    // A full socket has made the state `behind` again.
    if (!this.#is('catching-up') || !page.upToDate) return;
    const more = this.#mustReread || (this.#seen !== undefined && this.source.isAfter(this.#seen, page.next));
    this.#mustReread = false;
    this.#seen = undefined;
    if (!more) this.#become('live');
  }

  /** Sends a heartbeat: it was just seen that the stream has nothing after the cursor. */
  heartbeat(): void {
    this.#heartbeatAt = Date.now() + this.#host.heartbeatMs * (0.9 + Math.random() / 5);
    this.#emit('heartbeat', `{"cursor":"${this.#cursor}"}`);
    this.flush();
  }

  /**
   * Says why, and ends the stream.
   *
   * @param retryMs when the client should come back; as `ready` has told where absent
   */
  close(reason: ByeReason, retryMs?: number): void {
    if (this.#state === 'closed') return;
    this.#emit('bye', JSON.stringify({ reason, cursor: this.#cursor }), retryMs);
    this.#sink?.flush();
    this.#become('closed');
    this.#sink?.end();
    this.#settleOpened.resolve({ reason, retryMs });
  }

  /** The client has gone. */
  gone(): void {
    this.#become('closed');
    this.#settleOpened.resolve();
  }

  #emit(name: EventName, json: string, retryMs?: number): void {
    this.#sink?.event(name, this.cursor, json, retryMs);
  }

  #flush(sink: Sink): void {
    if (sink.flush()) return;
    this.#stalledSince ??= Date.now();
    this.#become('behind');
  }

  /** Not narrowed by the compiler, since a call in between may have changed it. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  #become(state: State): void {
    if (state === this.#state || this.#state === 'closed') return;
    const { metrics } = this.#host;
    const { space } = this.source;
    metrics.subscribers(this.#state, -1, space);
    if (state !== 'closed') metrics.subscribers(state, 1, space);
    this.#state = state;
  }
}
