import type { Uid } from '../domain/names.ts';
import {
  type Cursor,
  compareStreamIds,
  formatStreamId,
  parseStreamId,
  type StreamId,
  successorText,
} from '../domain/stream-ids.ts';
import type { Inbox } from '../features/inbox/inbox.ts';
import type { Delivery } from './delivery.ts';

/** Why a stream ends. */
export type ByeReason = 'shutdown' | 'token_expired' | 'user_removed' | 'too_slow' | 'too_many_subscribers';

export type EventName = 'ready' | 'message' | 'heartbeat' | 'gap' | 'bye';

/** Where a subscriber's events go: an open response in one of the wire forms. */
export interface Sink {
  /**
   * Adds an event to what is written next.
   *
   * @param retryMs how long the client is to wait before it comes back, where the wire form has a word for it
   */
  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void;
  /** Writes what was added, in one go; false if the socket is full, and `onDrain` will be called. */
  flush(): boolean;
  onDrain(listener: () => void): void;
  /** Ends the response after what was written. */
  end(): void;
}

/**
 * - `behind`: has to read its inbox, and waits for its turn or for its socket to drain
 * - `catching-up`: reads its inbox in pages
 * - `live`: has everything, and takes what the feed says
 * - `closed`: gone
 */
export type State = 'behind' | 'catching-up' | 'live' | 'closed';

/** When a client that has lost its connection comes back by itself, ms. */
const RETRY_MS = 3_000;
/** A page of catching up. */
const PAGE = { count: 200, maxBytes: 256 * 1024 };

/** What a subscriber needs of the hub. */
export interface SubscriberHost {
  inbox: Inbox;
  /** The time between two heartbeats; told to the client, which then knows how long silence is normal. */
  heartbeatMs: number;
  /** Asks for a turn to catch up; the hub calls {@link Subscriber.catchUp}. */
  queue(subscriber: Subscriber): void;
  stateChanged(from: State | undefined, to: State): void;
  delivered(count: number): void;
  /** A position that was given out in this stream lay beyond the inbox while this epoch held: data was lost. */
  dataLost(epoch: string): void;
}

/**
 * One open stream of one user. The rule that makes it safe: an event from the feed is delivered only if it is the
 * successor of the cursor. Anything else means that the subscriber is behind and reads its inbox from the cursor.
 */
export class Subscriber {
  readonly uid: Uid;
  /** When the stream has to end, ms since 1970; later, once a client has renewed its credential. */
  expiresAt: number;
  /** When the next heartbeat is due, ms since 1970; kept by the hub. */
  heartbeatAt = 0;
  /** Since when the socket takes nothing, ms since 1970; undefined while it does. */
  stalledSince: number | undefined;
  readonly #host: SubscriberHost;
  readonly #sink: Sink;
  #state: State = 'behind';
  /** What was delivered last, as text, and the only id that may be delivered next while live. */
  #cursor: Cursor;
  #expected: string;
  /** The newest id that the feed told while this subscriber was not live. */
  #seen: StreamId | undefined;
  /** Something may have been missed while a page was read. */
  #mustReread = false;
  /** Whether the cursor was reached by reading, rather than named by the client. */
  #cursorIsOurs = false;
  /** Of the user; another one means that the user was removed, and one of the same name was made. */
  #incarnation: string | undefined;

  constructor(host: SubscriberHost, uid: Uid, start: StreamId, sink: Sink, expiresAt: number) {
    this.uid = uid;
    this.expiresAt = expiresAt;
    this.#host = host;
    this.#sink = sink;
    this.#cursor = formatStreamId(start) as Cursor;
    this.#expected = successorText(this.#cursor);
    host.stateChanged(undefined, this.#state);
    sink.onDrain(() => {
      this.stalledSince = undefined;
      if (this.#state === 'behind') host.queue(this);
    });
  }

  get state(): State {
    return this.#state;
  }

  get cursor(): StreamId {
    return parseStreamId(this.#cursor)!;
  }

  /** Sends `ready` and asks for the first page. */
  open(): void {
    this.#emit('ready', `{"cursor":"${this.#cursor}","heartbeatMs":${this.#host.heartbeatMs}}`, RETRY_MS);
    this.#flush();
    this.#host.queue(this);
  }

  /**
   * Takes what the feed says of this user's inbox: entry `id` refers to this message. Written by {@link flush}.
   * @returns whether it was delivered
   */
  offer(id: Cursor, delivery: Delivery): boolean {
    if (this.#state === 'live' && id === this.#expected) {
      this.#moveTo(id);
      this.#emit('message', delivery.jsonFor(this.uid));
      return true;
    }
    if (this.#state === 'closed') return false;
    const told = parseStreamId(id);
    if (this.#state !== 'live') {
      if (told && (!this.#seen || compareStreamIds(told, this.#seen) > 0)) this.#seen = told;
    } else if (told && compareStreamIds(told, this.cursor) > 0) {
      this.#seen = told;
      this.behind();
    }
    return false;
  }

  /** Writes what was offered; a full socket makes the subscriber wait in its stream, not in our memory. */
  flush(): void {
    if (this.#state === 'live') this.#flush();
  }

  /** Something may have been missed: the inbox has to be read. */
  behind(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'catching-up') {
      // The page that is under way may have been read before; a second loop beside it would deliver everything twice.
      this.#mustReread = true;
      return;
    }
    this.#become('behind');
    if (this.stalledSince === undefined) this.#host.queue(this);
  }

  /**
   * Reads the inbox until nothing is left, the socket is full, or the stream is closed.
   * @throws what Redis throws; the subscriber is still behind then
   */
  async catchUp(): Promise<void> {
    if (this.#state !== 'behind' || this.stalledSince !== undefined) return;
    this.#become('catching-up');
    try {
      while (this.#is('catching-up')) {
        const page = await this.#host.inbox.page(this.uid, this.cursor, PAGE);
        if (!this.#is('catching-up')) return;
        this.#incarnation ??= page.incarnation;
        if (page.incarnation !== this.#incarnation) return this.close('user_removed');
        if (page.beyond && this.#cursorIsOurs) this.#host.dataLost(page.epoch);
        if (page.gap) this.#sink.event('gap', page.gap.resumed, JSON.stringify(page.gap));
        for (const { cursor, message } of page.items) this.#sink.event('message', cursor, JSON.stringify(message));
        this.#moveTo(formatStreamId(page.next) as Cursor);
        this.#cursorIsOurs = true;
        this.#host.delivered(page.items.length);
        this.#flush();
        // A full socket has made the state `behind` again.
        if (!this.#is('catching-up') || !page.upToDate) continue;
        const more = this.#mustReread || (this.#seen && compareStreamIds(this.#seen, page.next) > 0);
        this.#mustReread = false;
        this.#seen = undefined;
        if (!more) this.#become('live');
      }
    } catch (error) {
      if (this.#is('catching-up')) this.#become('behind');
      throw error;
    }
  }

  /** Sends a heartbeat: the hub has just compared the cursor with the inbox's newest entry. */
  heartbeat(): void {
    this.#emit('heartbeat', `{"cursor":"${this.#cursor}"}`);
    this.#flush();
  }

  /**
   * Says why, and ends the stream.
   *
   * @param retryMs when the client should come back; as `ready` has told where absent
   */
  close(reason: ByeReason, retryMs?: number): void {
    if (this.#state === 'closed') return;
    this.#emit('bye', JSON.stringify({ reason, cursor: this.#cursor }), retryMs);
    this.#sink.flush();
    this.#become('closed');
    this.#sink.end();
  }

  /** The client has gone. */
  gone(): void {
    if (this.#state !== 'closed') this.#become('closed');
  }

  #emit(name: EventName, json: string, retryMs?: number): void {
    this.#sink.event(name, this.#cursor, json, retryMs);
  }

  #moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#expected = successorText(cursor);
  }

  #flush(): void {
    if (this.#sink.flush()) return;
    this.stalledSince ??= Date.now();
    this.#become('behind');
  }

  /** Not narrowed by the compiler, since a call in between may have changed it. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  #become(state: State): void {
    if (state === this.#state) return;
    const from = this.#state;
    this.#state = state;
    this.#host.stateChanged(from, state);
  }
}
