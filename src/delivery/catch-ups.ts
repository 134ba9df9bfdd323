import type { Logger } from '../redis/logger.ts';
import type { Subscriber } from './subscriber.ts';

/** How many subscribers read their streams at the same time: what Redis answers them comes in one turn of the event loop. */
const AT_ONCE = 24;

/** The turns of those whose streams are in one partition. */
interface Turns {
  readonly waiting: Set<Subscriber>;
  underWay: number;
}

/**
 * The turns of those who have to read: after a loss that is everybody, and Redis must not be asked by everybody at once.
 * Who asks while it waits keeps its place. Those of one partition wait for no other.
 */
export class CatchUps {
  readonly #turns = new Map<string, Turns>();
  readonly #log: Logger;
  readonly #partitionOf: (key: string) => string;

  /** @param partitionOf what tells the partitions apart, from a stream's key */
  constructor(log: Logger, partitionOf: (key: string) => string) {
    this.#log = log;
    this.#partitionOf = partitionOf;
  }

  /** Gives a subscriber a turn as soon as there is one. */
  add(subscriber: Subscriber): void {
    const turns = this.#turnsOf(subscriber);
    turns.waiting.add(subscriber);
    this.#giveTurns(turns);
  }

  /** It has gone. A turn that has begun ends by itself. */
  remove(subscriber: Subscriber): void {
    this.#turnsOf(subscriber).waiting.delete(subscriber);
  }

  #turnsOf({ source }: Subscriber): Turns {
    const partition = this.#partitionOf(source.key);
    let turns = this.#turns.get(partition);
    if (!turns) {
      turns = { waiting: new Set(), underWay: 0 };
      this.#turns.set(partition, turns);
    }
    return turns;
  }

  #giveTurns(turns: Turns): void {
    while (turns.underWay < AT_ONCE) {
      const [next] = turns.waiting;
      if (!next) return;
      turns.waiting.delete(next);
      turns.underWay++;
      const ended = () => {
        turns.underWay--;
        this.#giveTurns(turns);
      };
      next.catchUp().then(ended, (error: unknown) => {
        // Still behind: the next tick of the heartbeats asks for another turn.
        this.#log.warn({ err: error as Error }, 'a subscriber could not catch up; trying again');
        ended();
      });
    }
  }
}
