import type { SpaceName } from '../../domain/spaces.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Moves } from './moves.ts';
import type { Spaces } from './spaces.ts';

/** How often it is looked for removals that nobody finishes, ms. */
const EVERY_MS = 60_000;

/** Takes what removed spaces have left, and those that were moved, beside the requests; also where another node has begun, and has ended since. */
export class SpaceJanitor {
  readonly #spaces: Spaces;
  readonly #moves: Moves;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(spaces: Spaces, moves: Moves, log: Logger) {
    this.#spaces = spaces;
    this.#moves = moves;
    this.#log = log;
  }

  start(): void {
    const failed = (error: unknown) => this.#failed(error);
    const look = () => {
      this.#spaces.finishRemovals(failed).catch(failed);
      this.#moves.finishAll(failed).catch(failed);
    };
    this.#timer = setInterval(look, EVERY_MS);
    look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A space was removed just now. */
  removed(space: SpaceName): void {
    this.#spaces.finishRemoval(space).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#log.warn({ err: error }, 'what a removed space has left could not be taken; trying again later');
  }
}
