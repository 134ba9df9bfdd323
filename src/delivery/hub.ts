import { addTo, removeFrom } from '../domain/multimap.ts';
import type { Uid } from '../domain/names.ts';
import type { SpaceName } from '../domain/spaces.ts';
import { Doorbell } from './doorbell.ts';
import type { TokensEnd } from './feed-entry.ts';
import type { Listener } from './listener.ts';
import type { PresenceKeeper } from './presence.ts';
import type { ByeReason } from './sink.ts';
import type { Source } from './source.ts';
import { SpaceListeners } from './space-listeners.ts';
import { type Opening, Subscriber, type SubscriberHost } from './subscriber.ts';

export interface HubOptions extends SubscriberHost {
  /** Streams and long-polls of this node. */
  maxSubscribers: number;
  maxSubscribersPerUser: number;
  /** Told who has come to this node, and who has gone. */
  presence: PresenceKeeper;
}

/**
 * The registry of this node's listeners, by stream and by reader, and who is admitted to it. Nothing of it is in Redis, so
 * that a node that dies leaves nothing behind; who keeps the presence of users is told of their first and last listeners.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #byStream = new Map<string, Set<Listener>>();
  readonly #spaces = new Map<SpaceName, SpaceListeners>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #doorbells = new Set<Doorbell>();
  #draining = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Whether {@link drain} has begun: nobody is admitted any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The time between two heartbeats, ms. */
  get heartbeatMs(): number {
    return this.#options.heartbeatMs;
  }

  /** The open streams. */
  get subscribers(): ReadonlySet<Subscriber> {
    return this.#subscribers;
  }

  /** Whether anybody listens to anything. */
  get hasListeners(): boolean {
    return this.#byStream.size > 0;
  }

  /** Who listens to a stream, by the full name of its key. */
  listenersOf(key: string): ReadonlySet<Listener> | undefined {
    return this.#byStream.get(key);
  }

  /** The listeners of one space; undefined where there are none. */
  in(space: SpaceName): SpaceListeners | undefined {
    return this.#spaces.get(space);
  }

  /** The spaces that have listeners here. */
  get spaces(): Iterable<SpaceName> {
    return this.#spaces.keys();
  }

  /** Whether one more stream or long-poll of this user may be opened. */
  admits(space: SpaceName, reader: Uid): boolean {
    const { maxSubscribers, maxSubscribersPerUser } = this.#options;
    const ofReader = this.in(space)?.ofReader(reader).size ?? 0;
    const ofAll = this.#subscribers.size + this.#doorbells.size;
    return !this.#draining && ofAll < maxSubscribers && ofReader < maxSubscribersPerUser;
  }

  /**
   * Opens a stream, with a turn to read its first page. The caller awaits `opened` of what is returned, and calls
   * {@link unsubscribe} where that is rejected, and when the client leaves.
   */
  subscribe(source: Source, opening: Opening): Subscriber {
    // Listening comes before the first read, so that nothing can fall between the two.
    const subscriber = new Subscriber(this.#options, source, opening);
    this.#subscribers.add(subscriber);
    this.#add(subscriber);
    this.in(source.space)!.watch(subscriber);
    this.#options.catchUps.add(subscriber);
    if (subscriber.watched.length > 0) {
      subscriber.opened.then(
        () => this.#options.presence.watched(subscriber),
        // Told to who has subscribed.
        () => {},
      );
    }
    return subscriber;
  }

  /** The client has gone, or the stream was ended. */
  unsubscribe(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    subscriber.gone();
    this.#options.catchUps.remove(subscriber);
    this.in(subscriber.source.space)?.unwatch(subscriber);
    this.#remove(subscriber);
  }

  /** Ends a stream, and says why. */
  end(subscriber: Subscriber, why: ByeReason, retryMs?: number): void {
    subscriber.close(why, retryMs);
    this.unsubscribe(subscriber);
  }

  /** A doorbell at a stream, for a long-poll. The caller cancels it. */
  doorbell(source: Source): Doorbell {
    const bell = new Doorbell(source, () => {
      if (!this.#doorbells.delete(bell)) return;
      this.#options.metrics.subscribers('waiting', -1, source.space);
      this.#remove(bell);
    });
    this.#doorbells.add(bell);
    this.#options.metrics.subscribers('waiting', 1, source.space);
    this.#add(bell);
    return bell;
  }

  /** Something may have been missed: everybody reads its stream. @param prefix of the streams' keys: the partition's */
  everybodyBehind(prefix: string): void {
    for (const [key, listeners] of this.#byStream) {
      if (key.startsWith(prefix)) for (const listener of listeners) listener.behind();
    }
  }

  /** Signals may have been missed: everybody is told so. @param prefix as of {@link everybodyBehind} */
  signalsMissed(prefix: string): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.source.key.startsWith(prefix)) subscriber.signalsMissed();
    }
  }

  /**
   * The tokens of a user have ended: its streams end at once, and its long-polls look. What a server key follows for a user
   * goes on unless there is no such user any more.
   */
  tokensEnded(space: SpaceName, reader: Uid, why: TokensEnd): void {
    for (const listener of [...(this.in(space)?.ofReader(reader) ?? [])]) {
      const isOfServer = listener instanceof Subscriber && listener.serverKey !== undefined;
      if (isOfServer && why !== 'user_removed') continue;
      if (listener instanceof Subscriber) this.end(listener, why);
      else listener.close(why);
    }
  }

  /**
   * The server keys of a space are these, each until a moment, ms since 1970: what was opened by one ends with it, and at once
   * where it is none of them.
   */
  serverKeysAre(space: SpaceName, keys: readonly { sha256: string; until?: number }[]): void {
    for (const listener of [...(this.in(space)?.all() ?? [])]) {
      if (!(listener instanceof Subscriber) || listener.serverKey === undefined) continue;
      const key = keys.find(({ sha256 }) => sha256 === listener.serverKey);
      if (key) listener.expiresAt = key.until ?? Infinity;
      else this.end(listener, 'token_expired');
    }
  }

  /** A space was removed: whoever listens there is sent away, whatever the credential. */
  spaceEnded(space: SpaceName): void {
    for (const listener of [...(this.in(space)?.all() ?? [])]) {
      if (listener instanceof Subscriber) this.end(listener, 'space_removed');
      else listener.close('space_removed');
    }
  }

  /** A space has moved to other keys: whoever listens there comes back, and goes on by its cursor. */
  spaceMoved(space: SpaceName): void {
    for (const listener of [...(this.in(space)?.all() ?? [])]) {
      if (listener instanceof Subscriber) this.end(listener, 'shutdown', spread());
      else listener.close('shutdown');
    }
    this.#options.presence.spaceMoved(space);
  }

  /** Sends everybody away: streams get `bye` and come back at a random moment, long-polls are answered. */
  drain(): void {
    this.#draining = true;
    for (const subscriber of [...this.#subscribers]) {
      // Not all at once: the other nodes have to take them.
      this.end(subscriber, 'shutdown', spread());
    }
    for (const bell of this.#doorbells) bell.close();
  }

  #add(listener: Listener): void {
    const { key, space, reader, isOfServer } = listener.source;
    addTo(this.#byStream, key, listener);
    let inSpace = this.#spaces.get(space);
    if (!inSpace) {
      inSpace = new SpaceListeners();
      this.#spaces.set(space, inSpace);
    }
    if (inSpace.add(reader, listener) && !isOfServer) this.#options.presence.readerChanged(space, reader);
  }

  #remove(listener: Listener): void {
    const { key, space, reader, isOfServer } = listener.source;
    removeFrom(this.#byStream, key, listener);
    const inSpace = this.#spaces.get(space);
    const isLast = inSpace?.remove(reader, listener);
    if (inSpace?.isEmpty) this.#spaces.delete(space);
    if (isLast && !isOfServer) this.#options.presence.readerChanged(space, reader);
  }
}

/** When one of many who are sent away is to come back, ms. */
function spread(): number {
  return 500 + Math.floor(Math.random() * 4_500);
}
