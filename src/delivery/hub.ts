import type { Uid } from '../domain/names.ts';
import { type Cursor, compareStreamIds, type StreamId } from '../domain/stream-ids.ts';
import type { Inbox } from '../features/inbox/inbox.ts';
import type { Logs } from '../features/messages/logs.ts';
import type { Revocations } from '../features/tokens/revocations.ts';
import type { Delivery } from './delivery.ts';
import { Feed, type FeedListener, type FeedOptions } from './feed.ts';
import { type Sink, type State, Subscriber, type SubscriberHost } from './subscriber.ts';

/** How many subscribers read their inboxes at the same time. */
const CATCH_UPS = 64;
/** How many inboxes one verification asks for. */
const VERIFY_AT_ONCE = 500;
/** How often the shared timer looks who is due, ms. */
const TICK_MS = 250;

/** What the hub counts; `metrics.ts` has them. */
export interface HubMetrics {
  /** A stream enters or leaves a state; `waiting` is a long-poll. */
  subscribers(state: State | 'waiting', change: 1 | -1): void;
  delivered(count: number): void;
  epochMoved(): void;
}

export interface HubOptions extends Omit<FeedOptions, 'listener'> {
  inbox: Inbox;
  logs: Logs;
  /** Kept up to date by what the feed tells. */
  revocations: Pick<Revocations, 'add' | 'reload'>;
  metrics: HubMetrics;
  heartbeatMs: number;
  /** A subscriber whose socket takes nothing for so long is closed, ms. */
  stallMs: number;
  maxSubscribers: number;
  maxSubscribersPerUser: number;
}

/** Anybody who waits for something to happen to a user. */
interface Listener {
  /** @returns whether it was delivered */
  offer(id: Cursor, delivery: Delivery): boolean;
  flush(): void;
  behind(): void;
}

/**
 * Knows the subscribers of this node, and wakes those whom the feed names. Nothing of it is in Redis: a subscriber that
 * comes or goes writes nothing there, and a node that dies leaves nothing behind.
 */
export class Hub implements FeedListener, SubscriberHost {
  readonly inbox: Inbox;
  readonly heartbeatMs: number;
  readonly #options: HubOptions;
  readonly #feed: Feed;
  readonly #listeners = new Map<Uid, Set<Listener>>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #queue = new Set<Subscriber>();
  readonly #leaving = new Set<() => void>();
  #catchUps = 0;
  #admitted = 0;
  #timer: NodeJS.Timeout | undefined;
  #verifying = false;
  /** The epoch that is being moved, since data was seen to be lost in it. */
  #lostEpoch: string | undefined;
  #draining = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.inbox = options.inbox;
    this.heartbeatMs = options.heartbeatMs;
    this.#feed = new Feed({ ...options, listener: this });
  }

  /** Begins to read the feed and to send heartbeats. */
  async start(): Promise<void> {
    await this.#feed.start();
    this.#timer = setInterval(() => this.#tick(Date.now()), TICK_MS);
  }

  /** How long ago the feed was last known to be read to its end, ms. */
  get feedLagMs(): number {
    return this.#feed.lagMs;
  }

  /** Whether {@link drain} has begun: nobody is admitted any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Whether one more stream or long-poll of this user may be opened. */
  admits(uid: Uid): boolean {
    const ofUser = this.#listeners.get(uid)?.size ?? 0;
    return (
      !this.#draining && this.#admitted < this.#options.maxSubscribers && ofUser < this.#options.maxSubscribersPerUser
    );
  }

  /**
   * Opens a stream at a position. The caller calls the returned subscriber's `gone` through {@link unsubscribe} when the
   * client leaves.
   *
   * @param expiresAt when the stream has to end, ms since 1970
   */
  subscribe(uid: Uid, start: StreamId, sink: Sink, expiresAt: number): Subscriber {
    // Listening comes before the first read, so that nothing can fall between the two.
    const subscriber = new Subscriber(this, uid, start, sink, expiresAt);
    subscriber.heartbeatAt = Date.now() + this.heartbeatMs * (0.5 + Math.random() / 2);
    this.#subscribers.add(subscriber);
    this.#listen(uid, subscriber);
    subscriber.open();
    return subscriber;
  }

  /** The client has gone, or the stream was ended. */
  unsubscribe(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    subscriber.gone();
    this.#queue.delete(subscriber);
    this.#unlisten(subscriber.uid, subscriber);
  }

  /**
   * A doorbell for a long-poll: `rung` resolves when something happens to the user after this call, when the node
   * drains, or when `cancel` is called. Listen first, then read the inbox: then nothing falls between the two.
   */
  doorbell(uid: Uid): { rung: Promise<void>; cancel: () => void } {
    let ring: () => void = () => {};
    const rung = new Promise<void>((resolve) => {
      ring = resolve;
    });
    const listener: Listener = {
      offer: () => {
        ring();
        return false;
      },
      flush: () => {},
      behind: ring,
    };
    this.#listen(uid, listener);
    this.#leaving.add(ring);
    this.#options.metrics.subscribers('waiting', 1);
    const cancel = () => {
      if (!this.#leaving.delete(ring)) return;
      this.#options.metrics.subscribers('waiting', -1);
      this.#unlisten(uid, listener);
      ring();
    };
    return { rung, cancel };
  }

  /** Sends everybody away: streams get `bye` and come back at a random moment, long-polls are answered. */
  drain(): void {
    this.#draining = true;
    for (const subscriber of [...this.#subscribers]) {
      // Not all at once: the other nodes have to take them.
      subscriber.close('shutdown', 500 + Math.floor(Math.random() * 4_500));
      this.unsubscribe(subscriber);
    }
    for (const ring of this.#leaving) ring();
  }

  /** Ends the feed reader and the timer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#feed.stop();
  }

  // What the feed tells.

  async deliver(batch: Delivery[]): Promise<void> {
    const { logs } = this.#options;
    const wanted = batch.filter((delivery) => this.#hasListener(delivery));
    for (const { log, entry, revoked } of batch) {
      if (revoked) this.#revoke(revoked.uid, revoked.until);
      if (entry?.action === 'erase') logs.forget({ log, id: entry.target! });
      else if (entry?.action === 'delete') logs.forgetLog(log);
    }
    const large = wanted.filter((delivery) => !delivery.entry);
    if (large.length > 0) {
      const entries = await logs.hydrate(large.map((delivery) => ({ log: delivery.log, id: delivery.mid })));
      large.forEach((delivery, i) => {
        delivery.entry = entries[i];
      });
    }
    const touched = new Set<Listener>();
    for (const delivery of wanted) this.#offer(delivery, touched);
    for (const listener of touched) listener.flush();
  }

  missed(reason: string): void {
    this.#options.log.warn({ reason, subscribers: this.#subscribers.size }, 'subscribers read their inboxes');
    // An erasure may have been among what was missed.
    this.#options.logs.forgetAll();
    this.#options.revocations.reload();
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.behind();
  }

  epochMoved(): void {
    this.#options.metrics.epochMoved();
  }

  // What subscribers ask for.

  queue(subscriber: Subscriber): void {
    this.#queue.add(subscriber);
    this.#work();
  }

  stateChanged(from: State | undefined, to: State): void {
    const { metrics } = this.#options;
    if (from !== undefined && from !== 'closed') metrics.subscribers(from, -1);
    if (to !== 'closed') metrics.subscribers(to, 1);
  }

  delivered(count: number): void {
    this.#options.metrics.delivered(count);
  }

  dataLost(epoch: string): void {
    if (epoch === this.#lostEpoch) return;
    this.#lostEpoch = epoch;
    this.#feed
      .dataLost(epoch)
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the epoch could not be moved'))
      .finally(() => {
        this.#lostEpoch = undefined;
      });
  }

  /** A user was removed: its streams end at once. */
  #revoke(uid: Uid, until: number): void {
    this.#options.revocations.add(uid, until);
    for (const listener of [...(this.#listeners.get(uid) ?? [])]) {
      if (!(listener instanceof Subscriber)) continue;
      listener.close('user_removed');
      this.unsubscribe(listener);
    }
  }

  #hasListener(delivery: Delivery): boolean {
    const { recipients } = delivery;
    for (let i = 0; i < recipients.length; i += 2) if (this.#listeners.has(recipients[i] as Uid)) return true;
    return false;
  }

  #offer(delivery: Delivery, touched: Set<Listener>): void {
    const { recipients, epoch } = delivery;
    let delivered = 0;
    for (let i = 0; i + 1 < recipients.length; i += 2) {
      const listeners = this.#listeners.get(recipients[i] as Uid);
      if (!listeners) continue;
      const id = (epoch + recipients[i + 1]) as Cursor;
      for (const listener of listeners) {
        if (listener.offer(id, delivery)) delivered++;
        touched.add(listener);
      }
    }
    if (delivered > 0) this.delivered(delivered);
  }

  /** Gives turns to those who wait, a bounded number at a time. */
  #work(): void {
    while (this.#catchUps < CATCH_UPS) {
      const [next] = this.#queue;
      if (!next) return;
      this.#queue.delete(next);
      this.#catchUps++;
      this.#catchUp(next).finally(() => {
        this.#catchUps--;
        this.#work();
      });
    }
  }

  async #catchUp(subscriber: Subscriber): Promise<void> {
    try {
      await subscriber.catchUp();
    } catch (error) {
      if ((error as { code?: string }).code === 'user_not_found') subscriber.close('user_removed');
      // Still behind; the timer gives it another turn.
      else this.#options.log.warn({ err: error }, 'a subscriber could not catch up; trying again');
    }
  }

  #tick(now: number): void {
    const due: Subscriber[] = [];
    for (const subscriber of this.#subscribers) {
      const { stalledSince } = subscriber;
      if (now >= subscriber.expiresAt) subscriber.close('token_expired');
      else if (stalledSince !== undefined && now - stalledSince > this.#options.stallMs) subscriber.close('too_slow');
      else if (subscriber.state === 'live' && now >= subscriber.heartbeatAt) due.push(subscriber);
      else if (subscriber.state === 'behind' && stalledSince === undefined) this.#queue.add(subscriber);
    }
    this.#work();
    if (due.length > 0 && !this.#verifying) {
      this.#verifying = true;
      this.#verify(due)
        .catch((error: unknown) => this.#options.log.warn({ err: error }, 'heartbeats could not be verified'))
        .finally(() => {
          this.#verifying = false;
        });
    }
  }

  /**
   * A heartbeat says that the client has everything, so it is sent only where that was just seen: the inbox ends between
   * what had been delivered when it was asked for and what has been by now.
   */
  async #verify(due: Subscriber[]): Promise<void> {
    for (let first = 0; first < due.length; first += VERIFY_AT_ONCE) {
      const some = due.slice(first, first + VERIFY_AT_ONCE);
      const before = some.map((subscriber) => subscriber.cursor);
      const newest = await this.inbox.newest(some.map((subscriber) => subscriber.uid));
      const now = Date.now();
      some.forEach((subscriber, i) => {
        if (subscriber.state !== 'live') return;
        const end = newest[i]!;
        const isComplete = compareStreamIds(end, before[i]!) >= 0 && compareStreamIds(end, subscriber.cursor) <= 0;
        if (isComplete) {
          subscriber.heartbeatAt = now + this.heartbeatMs * (0.9 + Math.random() / 5);
          subscriber.heartbeat();
        } else subscriber.behind();
      });
    }
  }

  #listen(uid: Uid, listener: Listener): void {
    const listeners = this.#listeners.get(uid);
    if (listeners) listeners.add(listener);
    else this.#listeners.set(uid, new Set([listener]));
    this.#admitted++;
  }

  #unlisten(uid: Uid, listener: Listener): void {
    const listeners = this.#listeners.get(uid);
    if (!listeners?.delete(listener)) return;
    if (listeners.size === 0) this.#listeners.delete(uid);
    this.#admitted--;
  }
}
