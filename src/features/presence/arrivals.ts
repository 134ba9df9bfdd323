import { randomUUID } from 'node:crypto';
import type { Uid } from '../../domain/names.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Store } from '../../redis/store.ts';
import { leave, note } from './commands.ts';

export interface ArrivalOptions {
  store: Store;
  log: Logger;
  /** Whether a user has a stream or a long-poll open here. */
  isHere(uid: Uid): boolean;
  /** Who leaves and comes back within this time was never gone, ms. */
  graceMs: number;
}

/** How many users share a call: Redis does nothing else meanwhile. */
const TOGETHER = 500;

/**
 * What this node says of its own users: who is here, and who is not any more. Those who come together are told together;
 * what could not be told is said again with the next {@link renew}, or ends by itself.
 */
export class Arrivals {
  readonly #options: ArrivalOptions;
  /** Another one each time: what a former process has said ends by itself. */
  readonly #node = randomUUID();
  readonly #noted = new Set<Uid>();
  readonly #leaving = new Map<Uid, NodeJS.Timeout>();
  readonly #changed = new Set<Uid>();
  #isTelling = false;
  #isStopped = false;

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  /** Whether nobody is said to be here, and nothing is about to be said. */
  get isIdle(): boolean {
    return this.#noted.size === 0 && this.#leaving.size === 0 && this.#changed.size === 0 && !this.#isTelling;
  }

  /** The first stream of a user has come, or the last one has gone. */
  changed(uid: Uid): void {
    if (this.#isStopped) return;
    clearTimeout(this.#leaving.get(uid));
    this.#leaving.delete(uid);
    if (this.#options.isHere(uid)) {
      if (!this.#noted.has(uid)) this.#tell(uid);
    } else {
      const timer = setTimeout(() => {
        this.#leaving.delete(uid);
        this.#tell(uid);
      }, this.#options.graceMs);
      this.#leaving.set(uid, timer);
    }
  }

  /** Says again who is here. */
  renew(): Promise<void> {
    return this.#note([...this.#noted]);
  }

  /** Says nothing more. Its users have gone to other nodes, or are gone when what was said of them ends. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#leaving.values()) clearTimeout(timer);
  }

  #tell(uid: Uid): void {
    this.#changed.add(uid);
    if (!this.#isTelling) setImmediate(() => void this.#tellAll());
    this.#isTelling = true;
  }

  /** One call after the other, so that a user who comes and goes is left as it is in the end. */
  async #tellAll(): Promise<void> {
    while (this.#changed.size > 0 && !this.#isStopped) {
      const all = [...this.#changed];
      this.#changed.clear();
      const here = all.filter((uid) => this.#options.isHere(uid));
      const gone = all.filter((uid) => !this.#options.isHere(uid));
      for (const uid of here) this.#noted.add(uid);
      for (const uid of gone) this.#noted.delete(uid);
      await this.#note(here);
      await this.#inParts(gone, (uids) => this.#options.store.run(leave, { node: this.#node, uids }));
    }
    this.#isTelling = false;
  }

  #note(all: readonly Uid[]): Promise<void> {
    return this.#inParts(all, (uids) => this.#options.store.run(note, { node: this.#node, uids }));
  }

  async #inParts(all: readonly Uid[], run: (uids: readonly Uid[]) => Promise<unknown>): Promise<void> {
    try {
      for (let first = 0; first < all.length; first += TOGETHER) await run(all.slice(first, first + TOGETHER));
    } catch (error) {
      if (!this.#isStopped) this.#options.log.warn({ err: error }, 'it could not be noted who is here');
    }
  }
}
