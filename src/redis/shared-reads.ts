import { ReplyError } from 'ioredis';
import type { Store } from './store.ts';

/** What came of one of several reads. `refused` is the error as Redis said it. */
export type ReadOutcome<Found> = Found | { refused: string };

/** How many readers share a call at most. */
const TOGETHER = 16;
/** How many calls are under way at the same time: Redis reads for one while what it said to the other is written to sockets. */
const AT_ONCE = 2;
/**
 * How long after a call that several have shared the next one waits for others to come, unless it is full, ms. Without that two
 * shared a call, of fifty who open streams one after the other, and a stream cost the node 1.4 times as much, and Redis twice.
 */
const GATHER_MS = 1;

interface Waiting<Wanted, Found> {
  readonly wanted: Wanted;
  resolve(found: Found): void;
  reject(error: unknown): void;
}

/**
 * Brings reads of a space's streams to Redis. Who asks while nothing is under way is read for at once; those who ask meanwhile
 * share the next call, each with an outcome of its own, and where they were several so do those who come within a moment. So where
 * one comes alone it waits for nobody, and of a thousand who come back at once Redis is asked a few dozen times, in calls that end
 * before others have to wait for long. Nothing is read before it was asked for: who listens first and asks then misses nothing.
 */
export class SharedReads<Wanted, Found> {
  readonly #store: Store;
  readonly #readAll: (some: readonly Wanted[]) => Promise<ReadOutcome<Found>[]>;
  readonly #waiting: Waiting<Wanted, Found>[] = [];
  #underWay = 0;

  /** @param readAll reads for several in one call, in their order; those at the end that were left for another one have no outcome */
  constructor(store: Store, readAll: (some: readonly Wanted[]) => Promise<ReadOutcome<Found>[]>) {
    this.#store = store;
    this.#readAll = readAll;
  }

  /** One read. @throws ImError what is refused; what ioredis throws, to all who wait, since Redis would not answer them either */
  read(wanted: Wanted): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wanted, resolve, reject });
      this.#ask();
    });
  }

  /** A full call goes beside another one; what is less waits for it, and for others to come. */
  #ask(): void {
    while (this.#waiting.length >= (this.#underWay === 0 ? 1 : TOGETHER) && this.#underWay < AT_ONCE) {
      this.#underWay++;
      void this.#readFor(this.#waiting.splice(0, TOGETHER));
    }
  }

  async #readFor(some: readonly Waiting<Wanted, Found>[]): Promise<void> {
    let outcomes: ReadOutcome<Found>[];
    try {
      outcomes = await this.#readAll(some.map(({ wanted }) => wanted));
    } catch (error) {
      this.#underWay--;
      for (const { reject } of [...some, ...this.#waiting.splice(0)]) reject(error);
      return;
    }
    this.#underWay--;
    const untried = some.slice(outcomes.length);
    // They go first: nobody waits for ever behind others.
    this.#waiting.unshift(...untried);
    if (some.length > 1 && untried.length === 0) this.#gather();
    else this.#ask();
    for (const [i, outcome] of outcomes.entries()) {
      if (isRefused(outcome)) some[i]!.reject(this.#store.refusalOf(new ReplyError(outcome.refused)));
      else some[i]!.resolve(outcome);
    }
  }

  /** Takes the place of a call for a moment, if there is none under way. */
  #gather(): void {
    if (this.#underWay === 0) {
      this.#underWay++;
      setTimeout(() => {
        this.#underWay--;
        this.#ask();
      }, GATHER_MS);
    }
    this.#ask();
  }
}

function isRefused(outcome: unknown): outcome is { refused: string } {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome;
}
