import { randomUUID } from 'node:crypto';
import type { SpaceName } from '../domain/spaces.ts';
import { takeLease, type Work } from '../features/journal/commands.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';

export interface LeaseOptions {
  /** Of the partition. */
  store: Store;
  work: Work;
  log: Logger;
  /** How long it holds, ms; a node that dies is followed by another one within a little more than that. */
  holdsMs: number;
  /** The lease is this node's, or still is: it works on these spaces. Called each time that it is renewed. */
  held(spaces: readonly SpaceName[]): void;
  /** It is not, or not any more. */
  lost(): void;
}

/** What one node of several does at a time. Each tries to have it; whoever has it says so again before it ends. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #node = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #heldUntil = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  start(): void {
    // Three tries within what it holds.
    this.#timer = setInterval(() => void this.#renew(), this.#options.holdsMs / 3);
    void this.#renew();
  }

  /** Gives it back, so that another node need not wait. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const { store, work, lost } = this.#options;
    lost();
    if (this.#heldUntil > Date.now()) await store.run(takeLease, { work, node: this.#node, ms: 0 }).catch(() => {});
  }

  async #renew(): Promise<void> {
    const { store, work, log, holdsMs, held, lost } = this.#options;
    if (Date.now() > this.#heldUntil) lost();
    if (this.#isAsking) return;
    this.#isAsking = true;
    const asked = Date.now();
    try {
      const spaces = await store.run(takeLease, { work, node: this.#node, ms: Math.round(holdsMs) });
      if (!this.#timer) return;
      // It began when Redis heard of it, which was after it was asked.
      this.#heldUntil = spaces ? asked + holdsMs : 0;
      if (spaces) held(spaces);
      else lost();
    } catch (error) {
      if (this.#timer) log.warn({ err: error, work }, 'it could not be seen which node does what is beside requests');
    } finally {
      this.#isAsking = false;
    }
  }
}
