import type { Logger } from '../redis/logger.ts';
import type { Subscriber } from './subscriber.ts';

/** How many subscribers read their streams at the same time. */
const AT_ONCE = 64;

/**
 * The turns of those who have to read: after a loss that is everybody, and Redis must not be asked by everybody at once.
 * Who asks while it waits keeps its place.
 */
export class CatchUps {
  readonly #waiting = new Set<Subscriber>();
  readonly #log: Logger;
  #underWay = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Gives a subscriber a turn as soon as there is one. */
  add(subscriber: Subscriber): void {
    this.#waiting.add(subscriber);
    this.#giveTurns();
  }

  /** It has gone. A turn that has begun ends by itself. */
  remove(subscriber: Subscriber): void {
    this.#waiting.delete(subscriber);
  }

  #giveTurns(): void {
    while (this.#underWay < AT_ONCE) {
      const [next] = this.#waiting;
      if (!next) return;
      this.#waiting.delete(next);
      this.#underWay++;
      this.#catchUp(next).finally(() => {
        this.#underWay--;
        this.#giveTurns();
      });
    }
  }

  async #catchUp(subscriber: Subscriber): Promise<void> {
    try {
      await subscriber.catchUp();
    } catch (error) {
      // Still behind: the next tick of the heartbeats asks for another turn.
      this.#log.warn({ err: error }, 'a subscriber could not catch up; trying again');
    }
  }
}
