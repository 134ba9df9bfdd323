import type { Subscriber } from '../../delivery/subscriber.ts';
import type { Uid } from '../../domain/names.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Presence } from './presence.ts';

export interface WatchOptions {
  presence: Presence;
  log: Logger;
  /** The open streams that watch a user. */
  watchersOf(uid: Uid): ReadonlySet<Subscriber> | undefined;
  /** All users that are watched. */
  watched(): Iterable<Uid>;
}

/**
 * Tells the streams of this node of those whom they watch. A signal only says when to look: what is told is what Redis
 * says at that moment, to who may know it at that moment. One look after the other, so that the last word is the newest.
 */
export class Watch {
  readonly #options: WatchOptions;
  #waiting = new Map<Subscriber, Set<Uid>>();
  /** Who was there at the last look, or may have come since. Nobody tells that a node has died: these are looked at again. */
  readonly #perhapsThere = new Set<Uid>();
  #isLooking = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** A stream was opened: it is told how it is with all that it watches. */
  opened(subscriber: Subscriber): void {
    this.#look(new Map([[subscriber, new Set(subscriber.watched)]]));
  }

  /** A user has come or gone. */
  told(uid: Uid): void {
    this.#look(new Map([...(this.#options.watchersOf(uid) ?? [])].map((watcher) => [watcher, new Set([uid])])));
  }

  /** Somebody may have come of whom nobody has told. */
  missed(): void {
    for (const uid of this.#options.watched()) this.#perhapsThere.add(uid);
  }

  /** Looks who is not there any more, of those who were. */
  async review(): Promise<void> {
    const all = [...this.#perhapsThere];
    for (const uid of all) if (!this.#options.watchersOf(uid)) this.#perhapsThere.delete(uid);
    const watched = all.filter((uid) => this.#perhapsThere.has(uid));
    try {
      const states = await this.#options.presence.look(watched.map((uid) => ({ asker: '', uid })));
      watched.forEach((uid, i) => {
        if (!states[i]) this.#perhapsThere.delete(uid);
        else if (!states[i].online) this.told(uid);
      });
    } catch (error) {
      this.#options.log.warn({ err: error }, 'it could not be looked who is there');
    }
  }

  #look(questions: ReadonlyMap<Subscriber, ReadonlySet<Uid>>): void {
    for (const [subscriber, uids] of questions) {
      const waiting = this.#waiting.get(subscriber);
      if (waiting) for (const uid of uids) waiting.add(uid);
      else this.#waiting.set(subscriber, new Set(uids));
    }
    if (!this.#isLooking) void this.#lookAtAll();
  }

  async #lookAtAll(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiting.size > 0) {
      const waiting = this.#waiting;
      this.#waiting = new Map();
      const questions = [...waiting].flatMap(([subscriber, uids]) => [...uids].map((uid) => ({ subscriber, uid })));
      try {
        const asked = questions.map(({ subscriber, uid }) => ({ asker: subscriber.source.reader, uid }));
        const states = await this.#options.presence.look(asked);
        questions.forEach(({ subscriber, uid }, i) => {
          const state = states[i];
          if (!state) return;
          if (state.online) this.#perhapsThere.add(uid);
          else this.#perhapsThere.delete(uid);
          subscriber.signal('presence', JSON.stringify(state));
        });
        for (const subscriber of waiting.keys()) subscriber.flush();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'it could not be looked who is there');
        for (const { subscriber, uid } of questions) {
          this.#perhapsThere.add(uid);
          subscriber.signalsMissed();
        }
      }
    }
    this.#isLooking = false;
  }
}
