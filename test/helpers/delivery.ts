import { Delivery, type DeliveryOptions } from '../../src/delivery/delivery.ts';
import type { Memory } from '../../src/delivery/dispatcher.ts';
import { NO_PRESENCE } from '../../src/delivery/presence.ts';
import type { Sink } from '../../src/delivery/sink.ts';
import type { Start } from '../../src/delivery/source.ts';
import type { Subscriber } from '../../src/delivery/subscriber.ts';
import type { Conversation } from '../../src/domain/conversations.ts';
import type { Uid } from '../../src/domain/names.ts';
import { type Cursor, formatStreamId, type StreamId } from '../../src/domain/stream-ids.ts';
import { LogSource } from '../../src/features/following/log-source.ts';
import { InboxSource } from '../../src/features/inbox/inbox-source.ts';
import { connectFeed } from '../../src/redis/connection/feed-connection.ts';
import { type Im, quiet, type startIm } from './im.ts';
import type { TestRedis } from './redis.ts';

export type TestNode = Awaited<ReturnType<typeof startNode>>;

/** A node without HTTP: the IM rules, and a delivery of its own. */
export async function startNode(
  server: TestRedis,
  im: Pick<Awaited<ReturnType<typeof startIm>>, 'store' | 'logs' | 'recent' | 'inbox' | 'logReader'>,
  options: Partial<DeliveryOptions> = {},
) {
  const connection = connectFeed(server.target, 1_000, quiet);
  const counted = { waiting: 0, live: 0, 'catching-up': 0, behind: 0, closed: 0, delivered: 0, epochMoves: 0 };
  const delivery = new Delivery({
    memory: memoryOf(im),
    presence: NO_PRESENCE,
    partitions: [{ store: im.store, connection, prepare: async () => {} }],
    log: quiet,
    blockMs: 1_000,
    heartbeatMs: 60_000,
    stallMs: 60_000,
    maxSubscribers: 10_000,
    maxSubscribersPerUser: 100,
    metrics: {
      subscribers: (state, change) => {
        counted[state] += change;
      },
      delivered: (count) => {
        counted.delivered += count;
      },
      epochMoved: () => {
        counted.epochMoves++;
      },
    },
    ...options,
  });
  await delivery.start();
  const inboxOf = (uid: Uid) => new InboxSource(im.inbox, uid);
  return {
    hub: delivery.hub,
    counted,
    inboxOf,
    /** Opens a stream of an inbox, from now on where no start is given; without an end. */
    subscribe: async (uid: Uid, sink: Sink, start?: StreamId, expiresAt = Infinity) => {
      const serverKey = expiresAt === Infinity ? 'key' : undefined;
      const position = start ? (formatStreamId(start) as Cursor) : 'now';
      return opened(
        delivery.hub.subscribe(inboxOf(uid), { start: position, openSink: () => sink, expiresAt, serverKey }),
      );
    },
    /** Opens a stream of a conversation's log, from now on where no start is given; without an end. */
    follow: async (uid: Uid, conversation: Conversation, sink: Sink, start: Start = 'now') => {
      const source = new LogSource(im.logReader, uid, conversation);
      const opening = { start, openSink: () => sink, expiresAt: Infinity, serverKey: 'key' };
      return opened(delivery.hub.subscribe(source, opening));
    },
    missed: () => delivery.missed('test'),
    stop: () => delivery.stop(),
  };
}

async function opened(subscriber: Subscriber): Promise<Subscriber> {
  await subscriber.opened;
  return subscriber;
}

/** What a node without tokens remembers. */
export function memoryOf({ logs, recent }: Pick<Im, 'logs' | 'recent'>): Memory {
  return {
    messagesOf: () => logs,
    revocationsOf: () => undefined,
    spaceChanged: () => {},
    missed: () => recent.clear(),
  };
}

export interface Received {
  event: string;
  cursor: string;
  data: Record<string, unknown> & { fields?: Record<string, string> };
}

/** A sink that keeps what it is given, and can be made to refuse it like a full socket. */
export class TestSink implements Sink {
  readonly received: Received[] = [];
  /** What has no cursor. */
  readonly signals: Omit<Received, 'cursor'>[] = [];
  /** How many writes there were. */
  writes = 0;
  ended = false;
  full = false;
  #pending: Received[] = [];
  readonly #signals: Omit<Received, 'cursor'>[] = [];
  #drain: () => void = () => {};
  #waiting: { test: (all: Received[]) => boolean; resolve: () => void }[] = [];

  event(event: string, cursor: string, json: string): void {
    this.#pending.push({ event, cursor, data: JSON.parse(json) });
  }

  signal(event: string, json: string): void {
    this.#signals.push({ event, data: JSON.parse(json) });
  }

  flush(): boolean {
    if (this.#pending.length > 0) this.writes++;
    this.received.push(...this.#pending);
    this.#pending = [];
    this.signals.push(...this.#signals.splice(0));
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test(this.received)) return true;
      resolve();
      return false;
    });
    return !this.full;
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  /** The socket takes data again. */
  drain(): void {
    this.full = false;
    this.#drain();
  }

  end(): void {
    this.ended = true;
  }

  /** Resolves when what was received passes a test. */
  until(test: (all: Received[]) => boolean, what = 'an event'): Promise<void> {
    if (test(this.received)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited for ${what}; received ${JSON.stringify(this.received.slice(-5))}`)),
        8_000,
      );
      this.#waiting.push({
        test,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  /** Resolves when so many messages have come. */
  messages(count: number): Promise<void> {
    return this.until((all) => all.filter(({ event }) => event === 'message').length >= count, `${count} messages`);
  }

  get texts(): string[] {
    return this.received
      .filter(({ event }) => event === 'message')
      .map(({ data }) => data.fields?.text ?? `${data.action}`);
  }

  get gaps(): Received['data'][] {
    return this.received.filter(({ event }) => event === 'gap').map(({ data }) => data);
  }
}

/** Waits until a condition holds, looking often; for what has no event of its own. */
export async function eventually(
  test: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
