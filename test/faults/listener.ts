import { type Connect, type Connection, overSse } from './connections.ts';
import type { Follower, Heard, Signal } from './history.ts';
import type { Random } from './random.ts';
import type { Endpoints } from './requests.ts';

export interface ListenerOptions {
  /** Where it starts; from now on by default. */
  start?: string;
  /** The wire form. */
  connect?: Connect;
  /** What it calls with, each time that it connects; the server key by default. */
  credential?: (uid: string) => string;
}

/**
 * A client of the stream: keeps all that it hears, and comes back with the last event's id when its stream ends, to the
 * next node if there was an error.
 */
export class Listener {
  readonly record: Follower;
  readonly #signals: Signal[] = [];
  /** The last event's id; before the first one, where it wants to start. */
  position: string;
  readonly #endpoints: Endpoints;
  readonly #random: Random;
  readonly #connectTo: Connect;
  readonly #credential: ((uid: string) => string) | undefined;
  #home: number;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #onEvent = () => {};

  /** @param home which node it prefers */
  constructor(endpoints: Endpoints, uid: string, home: number, random: Random, options: ListenerOptions = {}) {
    this.record = { name: `${uid}@${home}`, uid, heard: [], signals: this.#signals };
    this.position = options.start ?? '$';
    this.#endpoints = endpoints;
    this.#home = home;
    this.#random = random;
    this.#connectTo = options.connect ?? overSse;
    this.#credential = options.credential;
  }

  /** Connects; resolves with the first event. */
  open(): Promise<void> {
    this.#connect();
    return new Promise((resolve) => {
      this.#onEvent = resolve;
    });
  }

  /** Breaks the connection, and comes back after a while. */
  hangUp(afterMs = this.#random.whole(0, 100)): void {
    this.#drop();
    this.#again(afterMs);
  }

  /** Breaks the connection, until {@link comeBack}. */
  leave(): void {
    this.record.hasLeft = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  comeBack(): void {
    this.record.hasLeft = false;
    this.#again(0);
  }

  /** Reads nothing any more, and stays connected. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Ends the connection, and hears no more of it. */
  #drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy();
  }

  #again(afterMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed && !this.record.hasLeft) this.#timer = setTimeout(() => this.#connect(), afterMs);
  }

  #connect(): void {
    const { uid } = this.record;
    const endpoints = this.#endpoints();
    const from = this.position;
    let isOver = false;
    const isCurrent = () => this.#connection === connection;
    const { url, key } = endpoints[this.#home % endpoints.length]!;
    const wanted = { base: url, uid, from, credential: this.#credential?.(uid) ?? key };
    const connection: Connection = this.#connectTo(wanted, {
      opened: () => {
        if (isCurrent()) this.#hear({ at: performance.now(), event: 'connect', from });
      },
      event: (name, cursor, data) => {
        if (isCurrent()) this.#take(name, cursor, data);
      },
      over: (isError) => {
        if (isOver || !isCurrent()) return;
        isOver = true;
        if (isError) this.#home++;
        this.#again(50 + this.#random.whole(0, 100));
      },
    });
    this.#connection = connection;
  }

  #take(name: string, cursor: string | undefined, data: object): void {
    if (cursor === undefined) {
      const { conversation, uid, upTo } = data as { conversation?: string; uid?: string; upTo?: string };
      const of = conversation ? { log: logOf(this.record.uid, conversation) } : {};
      this.#signals.push({
        at: performance.now(),
        event: name,
        ...of,
        ...(uid ? { uid } : {}),
        ...(upTo ? { upTo } : {}),
      });
      return;
    }
    const heard = toHeard(this.record.uid, cursor, name, data);
    if (!heard) return;
    this.position = cursor;
    this.#hear(heard);
    this.#onEvent();
  }

  #hear(heard: Heard): void {
    this.record.heard.push(heard);
  }
}

/** What the service says of a message, as far as the checker wants to know. */
export interface SeenMessage {
  id: string;
  conversation: string;
  fields: Record<string, string>;
}

/** A message as the checker takes it. */
export function heardMessage(uid: string, cursor: string, { id, conversation, fields }: SeenMessage): Heard {
  return { at: performance.now(), event: 'message', cursor, id, log: logOf(uid, conversation), key: fields.k ?? '' };
}

function toHeard(uid: string, cursor: string, event: string, data: object): Heard | undefined {
  const at = performance.now();
  switch (event) {
    case 'message':
      return heardMessage(uid, cursor, data as SeenMessage);
    case 'gap':
      return { at, event, cursor, ...(data as { reason: string; requested: string; resumed: string; lost?: number }) };
    case 'ready':
    case 'heartbeat':
    case 'bye':
      return { at, event, cursor };
    default:
      return undefined;
  }
}

/** The log of a conversation as `uid` names it. */
export function logOf(uid: string, conversation: string): string {
  const [kind, name] = conversation.split(':') as [string, string];
  return kind === 'group' ? `gs:${name}` : `ds:${[uid, name].toSorted().join(':')}`;
}
