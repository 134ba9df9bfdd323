import { addTo, removeFrom } from '../domain/multimap.ts';
import type { Uid } from '../domain/names.ts';
import type { Listener } from './listener.ts';
import type { Subscriber } from './subscriber.ts';

const NOBODY: ReadonlySet<Listener> = new Set();

/** Who listens in one space on this node, by reader, and who watches whom. The same uid in another space is another user. */
export class SpaceListeners {
  readonly #byReader = new Map<Uid, Set<Listener>>();
  readonly #byWatched = new Map<Uid, Set<Subscriber>>();

  get isEmpty(): boolean {
    return this.#byReader.size === 0;
  }

  /** Whether this user listens to anything. */
  hasReader(reader: Uid): boolean {
    return this.#byReader.has(reader);
  }

  ofReader(reader: Uid): ReadonlySet<Listener> {
    return this.#byReader.get(reader) ?? NOBODY;
  }

  *all(): Iterable<Listener> {
    for (const listeners of this.#byReader.values()) yield* listeners;
  }

  /** The open streams that watch a user. */
  watchersOf(uid: Uid): ReadonlySet<Subscriber> | undefined {
    return this.#byWatched.get(uid);
  }

  /** All users that are watched. */
  get watched(): Iterable<Uid> {
    return this.#byWatched.keys();
  }

  /** @returns whether it is the reader's first one */
  add(reader: Uid, listener: Listener): boolean {
    const isFirst = !this.hasReader(reader);
    addTo(this.#byReader, reader, listener);
    return isFirst;
  }

  /** @returns whether it was the reader's last one */
  remove(reader: Uid, listener: Listener): boolean {
    removeFrom(this.#byReader, reader, listener);
    return !this.hasReader(reader);
  }

  watch(subscriber: Subscriber): void {
    for (const uid of subscriber.watched) addTo(this.#byWatched, uid, subscriber);
  }

  unwatch(subscriber: Subscriber): void {
    for (const uid of subscriber.watched) removeFrom(this.#byWatched, uid, subscriber);
  }
}
