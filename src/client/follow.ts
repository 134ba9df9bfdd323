import { ApiError } from './api-error.ts';
import { Backoff, pause } from './backoff.ts';
import { type Batch, EventQueue } from './event-queue.ts';
import { valuesOf } from './ndjson.ts';
import { isOffline, onLineChange } from './online.ts';
import type { Requests } from './requests.ts';
import type { Gap, Message, StreamEvent } from './schemas.ts';

/** How the line is; `offline`: the browser says that there is none. */
export type Connection = 'live' | 'connecting' | 'offline';

/** What is about this moment: `read`, `typing`, `presence`, `reaction` and `conversation`. */
export type Signal = Extract<StreamEvent, { event: 'read' | 'typing' | 'presence' | 'reaction' | 'conversation' }>;

/**
 * What is done with what comes. One is called after the other, in the order of coming, each when the one before it is done.
 * If one fails, the stream is opened anew from the last cursor on: nothing is left out, and what had failed comes again.
 */
export interface FollowOptions {
  /** Whose inbox; needed with a server key only. */
  uid?: string;
  /**
   * One conversation to follow in place of the inbox, such as `group:news`: what its log has, with cursors of its own. What is
   * written in a channel comes by this alone.
   */
  conversation?: string;
  /**
   * A cursor that was kept, `0` for all that is kept there, or `$` for what comes from now on, which is the default; in a
   * conversation also the id of a message, to go on after it.
   */
  start?: string;
  /** Of whom `presence` signals tell, up to 100 users; asked for each time the stream is opened. */
  watch?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  signal?: AbortSignal;
  /**
   * Messages and system events, all that have come meanwhile, up to 100; and the cursor behind the last of them. Keep both
   * in one step, and nothing is lost or doubled, whatever ends the program.
   */
  onMessages(messages: Message[], cursor: string): unknown;
  /** Something is missing: read anew what you keep, then go on after the cursor. */
  onGap(gap: Gap, cursor: string): unknown;
  /** The stream is open; with `start: '$'` this is the cursor to begin with. */
  onReady?(cursor: string): unknown;
  onSignal?(signal: Signal): unknown;
  /** Signals may have been missed: read anew what they are about. Comes whenever the stream is opened, too. */
  onStale?(): unknown;
  /** How the line is now; with an error, why it could not be opened, each time that it is tried. */
  onConnection?(connection: Connection, error?: ApiError): void;
  /** What one of these functions has thrown; by default it is written to the console. What this throws ends it all. */
  onError?(error: unknown): void;
}

/** After this many times of a heartbeat without anything the line is dead. */
const SILENT_HEARTBEATS = 2.5;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** All clients of a node that stops come back within this time, ms. */
const SPREAD_MS = 1_000;
/** With another token one comes back at once, but not in a circle where not all nodes know of it yet. */
const RENEWED_MS = 200;

const SIGNALS: ReadonlySet<string> = new Set(['read', 'typing', 'presence', 'reaction', 'conversation']);

/** Why one can't follow a conversation any more: as the service answers who would begin to. */
const ENDS: Readonly<Record<string, ApiError>> = {
  not_member: new ApiError(403, { code: 'not_member', detail: 'The user is no member of the group any more.' }),
  group_removed: new ApiError(404, { code: 'group_not_found', detail: 'The group was removed.' }),
};

/** Follows one inbox, or one conversation. */
export class Follower {
  readonly #requests: Requests;
  readonly #baseUrl: string;
  /** How long the beginning of a stream may take, ms. */
  readonly #timeoutMs: number;
  readonly #options: FollowOptions;
  readonly #ending: AbortSignal;
  readonly #backoff = new Backoff(FIRST_RETRY_MS, LAST_RETRY_MS);
  #cursor: string;
  #connection: Connection | undefined;
  /** Ends the line that is open, and the pause after it. */
  #line = new AbortController();
  /** A token that has ended. */
  #refused: string | undefined;

  constructor(requests: Requests, baseUrl: string, timeoutMs: number, options: FollowOptions) {
    this.#requests = requests;
    this.#baseUrl = baseUrl;
    this.#timeoutMs = timeoutMs;
    this.#options = options;
    this.#ending = options.signal ?? new AbortController().signal;
    this.#cursor = options.start ?? '$';
  }

  /** @throws ApiError that is not temporary */
  async run(): Promise<void> {
    const forget = onLineChange((isOnline) => {
      if (isOnline) this.#backoff.reset();
      this.#line.abort(new Error(`the browser went ${isOnline ? 'online' : 'offline'}`));
    });
    try {
      while (!this.#ending.aborted) {
        this.#tell(isOffline() ? 'offline' : 'connecting');
        this.#line = new AbortController();
        const waitMs = await this.#followOnce(this.#line);
        if (this.#ending.aborted) return;
        this.#tell(isOffline() ? 'offline' : 'connecting');
        // An abort has ended the line itself; what is to end the pause is the next one.
        this.#line = new AbortController();
        await pause(waitMs, this.#line.signal, this.#ending);
      }
    } finally {
      forget();
    }
  }

  /** One line, until it ends. @returns how long to wait before the next one, ms */
  async #followOnce(line: AbortController): Promise<number> {
    const queue = new EventQueue();
    const silence = new Silence(this.#timeoutMs, () => line.abort(new Error('nothing has come for too long')));
    const end = () => {
      queue.drop();
      line.abort(this.#ending.reason);
    };
    this.#ending.addEventListener('abort', end);
    let handling: Promise<boolean> | undefined;
    let waitMs: number | undefined;
    try {
      const { response, token } = await this.#requests.open(await this.#request(), line.signal, this.#refused);
      this.#refused = undefined;
      handling = this.#handleAll(queue);
      // Heard of below, when the line has ended.
      handling.catch(() => {});
      for await (const event of this.#eventsOf(response)) {
        silence.restart();
        if (event.event === 'ready') silence.allow(SILENT_HEARTBEATS * event.data.heartbeatMs);
        if (event.event === 'ready' || event.event === 'heartbeat') this.#tell('live');
        if (event.event === 'bye') waitMs = this.#leave(event.data.reason, token);
        queue.add(event);
        if (!queue.isFull) continue;
        silence.stop();
        await queue.room();
        silence.restart();
      }
    } catch (error) {
      if (error instanceof ApiError && !error.isTemporary) throw error;
      if (error instanceof ApiError && !this.#ending.aborted) {
        waitMs = error.retryAfterMs;
        this.#tell(isOffline() ? 'offline' : 'connecting', error);
      }
    } finally {
      silence.stop();
      queue.end();
      // What has come is handled before the next line is opened behind it.
      if (handling && !(await handling)) waitMs = undefined;
      this.#ending.removeEventListener('abort', end);
    }
    return waitMs ?? this.#backoff.next();
  }

  async #request(): Promise<Request> {
    const { uid = 'me', conversation, watch = [] } = this.#options;
    const query = new URLSearchParams({ start: this.#cursor });
    const watched = typeof watch === 'function' ? await watch() : watch;
    if (watched.length > 0) query.set('watch', watched.join(','));
    const source = conversation === undefined ? 'inbox' : `conversations/${encodeURIComponent(conversation)}`;
    const url = `${this.#baseUrl}/v1/users/${encodeURIComponent(uid)}/${source}/stream?${query}`;
    return new Request(url, { headers: { accept: 'application/x-ndjson' } });
  }

  #eventsOf(response: Response): AsyncGenerator<StreamEvent, void, undefined> {
    const type = response.headers.get('content-type') ?? '';
    if (!response.body || !type.startsWith('application/x-ndjson')) {
      throw ApiError.noAnswer(new Error(`something in front of it answers with "${type}"`));
    }
    return valuesOf(response.body) as AsyncGenerator<StreamEvent, void, undefined>;
  }

  /**
   * The service ends the stream.
   *
   * @returns how long to wait before the next one, ms; undefined for the usual time
   * @throws ApiError where there is nothing to come back to: a group of that name that is made later is another one
   */
  #leave(reason: string, token: string | undefined): number | undefined {
    const end = ENDS[reason];
    if (end) throw end;
    if (reason === 'token_expired' || reason === 'token_revoked') {
      this.#refused = token;
      return Math.random() * RENEWED_MS;
    }
    if (reason === 'shutdown' || reason === 'too_slow') return Math.random() * SPREAD_MS;
    return undefined;
  }

  /** @returns false if something could not be handled: the line is given up */
  async #handleAll(queue: EventQueue): Promise<boolean> {
    try {
      for (let batch = await queue.take(); batch; batch = await queue.take()) await this.#handle(batch);
      return true;
    } catch (error) {
      queue.drop();
      this.#line.abort(error);
      const { onError = (cause: unknown) => console.error(cause) } = this.#options;
      onError(error);
      return false;
    }
  }

  /** Moves the cursor when it is done. */
  async #handle(batch: Batch): Promise<void> {
    const { onMessages, onGap, onReady, onSignal, onStale } = this.#options;
    if (Array.isArray(batch)) {
      const { cursor } = batch.at(-1)!;
      await onMessages(
        batch.map(({ data }) => data),
        cursor,
      );
      this.#cursor = cursor;
      this.#backoff.reset();
      return;
    }
    if (batch.event === 'gap') await onGap(batch.data, batch.cursor);
    else if (batch.event === 'ready') await onReady?.(batch.cursor);
    else if (batch.event === 'stale') await onStale?.();
    else if (SIGNALS.has(batch.event)) await onSignal?.(batch as Signal);
    if (batch.event === 'heartbeat') this.#backoff.reset();
    if ('cursor' in batch) this.#cursor = batch.cursor;
  }

  #tell(connection: Connection, error?: ApiError): void {
    if (connection === this.#connection && !error) return;
    this.#connection = connection;
    this.#options.onConnection?.(connection, error);
  }
}

/** Calls when nothing was heard for a time. */
class Silence {
  readonly #onSilence: () => void;
  #ms: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number, onSilence: () => void) {
    this.#ms = ms;
    this.#onSilence = onSilence;
    this.#timer = setTimeout(onSilence, ms);
  }

  allow(ms: number): void {
    this.#ms = ms;
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
