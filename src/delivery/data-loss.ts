import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import type { Logger } from '../redis/logger.ts';
import { moveEpoch } from '../redis/meta/commands.ts';
import type { Store } from '../redis/store.ts';
import type { DeliveryMetrics } from './metrics.ts';

export interface DataLossOptions {
  store: Store;
  log: Logger;
  metrics: DeliveryMetrics;
  /** Told when a subscriber's report has been dealt with: whoever is subscribed has to read. */
  missed(reason: string): void;
}

/**
 * What happens when somebody sees that Redis has lost data that it had acknowledged: ids will be given out again, so the
 * epoch moves, once for each loss, whoever sees it. Ids of the new epoch are successors of none before.
 */
export class DataLoss {
  readonly #options: DataLossOptions;
  /** The spaces, and the epoch of each, that is being moved because of what a subscriber has seen. */
  readonly #reported = new Set<string>();

  constructor(options: DataLossOptions) {
    this.#options = options;
  }

  /** A stream ended before a position that had been given out in it, while this epoch held. */
  report(space: SpaceName, epoch: string): void {
    const name = `${space} ${epoch}`;
    if (this.#reported.has(name)) return;
    this.#reported.add(name);
    this.moveEpoch(epoch, space)
      .then(() => this.#options.missed('data was lost'))
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the epoch could not be moved'))
      .finally(() => this.#reported.delete(name));
  }

  /**
   * Moves the epoch of a space, and that of the partition, which every other space then follows; unless another node has.
   *
   * @param known the one that held when the loss was seen
   */
  async moveEpoch(known: string, space = DEFAULT_SPACE): Promise<void> {
    const { store, log, metrics } = this.#options;
    const { epoch, moved } = await store.of(space, store.partition).run(moveEpoch, known);
    if (!moved) return;
    log.error(
      { epoch, ...(space === DEFAULT_SPACE ? {} : { space }) },
      'Redis has lost data that it had acknowledged: a new epoch begins',
    );
    metrics.epochMoved();
  }
}
