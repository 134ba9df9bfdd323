import { type Api, ApiError, ask, type Message } from '../api/client.ts';
import type { Arrived, Inbox } from './inbox.ts';

export type Connection = 'live' | 'connecting' | 'offline';

/** After this many times of a heartbeat without anything the line is dead. */
const SILENT_HEARTBEATS = 2.5;
/** As long as nothing has told how often heartbeats come. */
const FIRST_SILENCE_MS = 15_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * Follows the inbox with an EventSource, for ever: a new ticket and a new EventSource from the last cursor on whenever
 * the old one has ended. What comes is written one by one, in order.
 */
export class Stream {
  readonly #api: Api;
  readonly #uid: string;
  readonly #inbox: Inbox;
  readonly #told: (connection: Connection) => void;
  readonly #refused: (error: ApiError) => void;
  #source: EventSource | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #silenceMs = FIRST_SILENCE_MS;
  /** What has come and is not written yet. */
  #arrived: Arrived[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isStopped = false;

  /** `refused` is called once the service takes this user no more: it was not done before, and will not be later. */
  constructor(
    api: Api,
    uid: string,
    inbox: Inbox,
    told: (connection: Connection) => void,
    refused: (error: ApiError) => void,
  ) {
    this.#api = api;
    this.#uid = uid;
    this.#inbox = inbox;
    this.#told = told;
    this.#refused = refused;
  }

  start(): void {
    addEventListener('online', this.#now);
    addEventListener('offline', this.#lost);
    void this.#open();
  }

  stop(): void {
    this.#isStopped = true;
    removeEventListener('online', this.#now);
    removeEventListener('offline', this.#lost);
    this.#close();
  }

  readonly #now = () => {
    this.#retryMs = FIRST_RETRY_MS;
    this.#again(0);
  };

  readonly #lost = () => {
    this.#close();
    this.#told('offline');
  };

  async #open(): Promise<void> {
    if (this.#isStopped) return;
    this.#told(navigator.onLine ? 'connecting' : 'offline');
    try {
      // What the last source has told is written before the next one starts behind it.
      await this.#writing;
      const start = await this.#inbox.position();
      const me = { params: { path: { uid: 'me' } } };
      // A ticket is given also to who was removed, and an EventSource does not tell why it was refused.
      const [{ ticket }] = await Promise.all([
        ask(this.#api.POST('/v1/users/{uid}/tickets', me)),
        ask(this.#api.GET('/v1/users/{uid}', me)),
      ]);
      if (this.#isStopped) return;
      this.#follow(`/v1/users/${this.#uid}/inbox/stream?ticket=${ticket}&start=${start}`);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.code === 'user_not_found')) {
        this.stop();
        this.#refused(error);
      } else this.#again();
    }
  }

  #follow(url: string): void {
    this.#close();
    const source = new EventSource(url);
    this.#source = source;
    const on = (name: string, listener: (data: string, cursor: string) => void) =>
      source.addEventListener(name, (event) => {
        this.#listenOn();
        listener((event as MessageEvent<string>).data, (event as MessageEvent<string>).lastEventId);
      });
    on('ready', (data) => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#silenceMs = SILENT_HEARTBEATS * (JSON.parse(data) as { heartbeatMs: number }).heartbeatMs;
      this.#listenOn();
      this.#told('live');
    });
    on('heartbeat', () => this.#told('live'));
    on('message', (data, cursor) => {
      this.#arrived.push({ message: JSON.parse(data) as Message, cursor });
      if (this.#arrived.length === 1) this.#write(() => this.#takeArrived());
    });
    on('gap', (_data, cursor) =>
      this.#write(async () => {
        await this.#inbox.startOver();
        await this.#inbox.moveTo(cursor);
      }),
    );
    on('bye', () => this.#again(1_000));
    source.onerror = () => {
      this.#told(navigator.onLine ? 'connecting' : 'offline');
      // The browser comes back by itself after a lost connection, but not after a refusal, such as of an old ticket.
      if (source.readyState === EventSource.CLOSED) this.#again();
    };
    this.#listenOn();
  }

  /** Writes all that has come while something else was written: one transaction costs little more than one message. */
  #takeArrived(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = [];
    return this.#inbox.take(arrived);
  }

  /** Writes in the order of coming. What can't be written is asked for again: the cursor stays where it is. */
  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch(() => {
      this.#arrived = [];
      this.#again();
    });
  }

  #listenOn(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#again(0), this.#silenceMs);
  }

  #again(afterMs = this.#retryMs * (0.5 + Math.random())): void {
    this.#close();
    if (this.#isStopped) return;
    this.#told(navigator.onLine ? 'connecting' : 'offline');
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    this.#retry = setTimeout(() => void this.#open(), afterMs);
  }

  #close(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }
}
