import type { StreamEvent } from './schemas.ts';

/** What is handed over at once: messages that came one after the other, or one other event. */
export type Batch = Extract<StreamEvent, { event: 'message' }>[] | Exclude<StreamEvent, { event: 'message' }>;

const MOST_IN_BATCH = 100;
const MOST_WAITING = 1_000;

/** Events that have come and are not handled yet, in order. */
export class EventQueue {
  #events: StreamEvent[] = [];
  #hasEnded = false;
  #waiting: (() => void)[] = [];

  /** Whether no more should be read for now. */
  get isFull(): boolean {
    return this.#events.length >= MOST_WAITING && !this.#hasEnded;
  }

  add(event: StreamEvent): void {
    if (this.#hasEnded) return;
    this.#events.push(event);
    this.#changed();
  }

  /** Nothing more comes; what has come is still handed over. */
  end(): void {
    this.#hasEnded = true;
    this.#changed();
  }

  /** Nothing more is handed over. */
  drop(): void {
    this.#events = [];
    this.end();
  }

  /** The next ones, as soon as there are some; undefined at the end. */
  async take(): Promise<Batch | undefined> {
    while (this.#events.length === 0) {
      if (this.#hasEnded) return undefined;
      await this.#change();
    }
    const events = this.#events;
    let count = 0;
    while (count < MOST_IN_BATCH && events[count]?.event === 'message') count++;
    const batch = count === 0 ? events.shift() : events.splice(0, count);
    this.#changed();
    return batch as Batch;
  }

  /** Resolves when it is not full any more. */
  async room(): Promise<void> {
    while (this.isFull) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
