import { get, type IncomingMessage } from 'node:http';
import type { Follower, Heard } from './history.ts';
import type { Random } from './random.ts';
import { API_KEY } from './requests.ts';

/** Where the nodes are at the moment, dead ones included. */
export type Urls = () => readonly string[];

/**
 * A client of the stream as one would write it by hand: keeps all that it hears, and comes back with the last event's id
 * when its stream ends, to the next node if there was an error.
 */
export class Listener {
  readonly record: Follower;
  /** The last event's id; before the first one, where it wants to start. */
  position: string;
  readonly #urls: Urls;
  readonly #random: Random;
  #home: number;
  #response: IncomingMessage | undefined;
  #request: ReturnType<typeof get> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #onEvent = () => {};

  /** @param home which node it prefers */
  constructor(urls: Urls, uid: string, home: number, random: Random, start = '$') {
    this.record = { name: `${uid}@${home}`, uid, heard: [] };
    this.position = start;
    this.#urls = urls;
    this.#home = home;
    this.#random = random;
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
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Ends the connection, and hears no more of it. */
  #drop(): void {
    this.#request?.destroy();
    this.#request = undefined;
  }

  #again(afterMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed && !this.record.hasLeft) this.#timer = setTimeout(() => this.#connect(), afterMs);
  }

  #connect(): void {
    const { uid } = this.record;
    const urls = this.#urls();
    const url = new URL(`/v1/users/${uid}/inbox/stream`, urls[this.#home % urls.length]);
    const from = this.position;
    const headers: Record<string, string> = { authorization: `Bearer ${API_KEY}` };
    if (from === '$') url.searchParams.set('start', from);
    else headers['last-event-id'] = from;
    const request = get(url, { agent: false, headers });
    this.#request = request;
    let isOver = false;
    const over = (isError: boolean) => {
      if (isOver || this.#request !== request) return;
      isOver = true;
      if (isError) this.#home++;
      this.#again(50 + this.#random.whole(0, 100));
    };
    request.on('error', () => over(true));
    request.on('close', () => over(false));
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return over(true);
      }
      this.#response = response;
      this.#hear({ at: performance.now(), event: 'connect', from });
      this.#read(response, request);
      response.on('error', () => over(true));
      response.on('end', () => over(false));
    });
  }

  #read(response: IncomingMessage, request: object): void {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      if (this.#request !== request) return;
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    });
  }

  #take(block: string): void {
    const lines = block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [field: string, value: string]);
    const { id: cursor, event, data } = Object.fromEntries(lines) as Partial<Record<string, string>>;
    if (!cursor || !event || !data) return;
    const heard = toHeard(this.record.uid, cursor, event, JSON.parse(data));
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
