import { refuse } from '../../domain/refusals.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../domain/spaces.ts';
import { scanKeys } from '../../redis/scan.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import type { SpaceRecord, Stage } from './space-record.ts';

/** About how many keys each step of a removal looks at. */
const SCAN_COUNT = 500;

/**
 * Where spaces have their keys: in the one partition that there is or, in a cluster, each in one of several. The registry is
 * in the default space's, so that each step is in one partition, and what ends between two of them is gone on with.
 */
export class Places {
  readonly #store: Store;

  /** @param store of the default space */
  constructor(store: Store) {
    this.#store = store;
  }

  /** The name of the partition that has a space's keys. */
  partitionOf(name: SpaceName, { partition }: Pick<SpaceRecord, 'partition'> = {}): string {
    return partition ?? this.#store.homeOf(name);
  }

  /** A partition itself. */
  at(partition: string): Store {
    return this.#store.of(DEFAULT_SPACE, partition);
  }

  /** @throws what Redis throws where the space's partition is away: then nothing is to be written of it anywhere */
  async reach(name: SpaceName, record: Pick<SpaceRecord, 'partition'> | undefined): Promise<void> {
    const { redis, keys, partition } = this.at(this.partitionOf(name, record));
    if (partition !== this.#store.partition) await redis.exists(keys.meta());
  }

  /** Lets scripts know what is set up for a space. */
  async open(name: SpaceName, record: SpaceRecord): Promise<void> {
    const input = { name, maxUsers: record.limits.users, paused: record.state === 'paused' };
    const opened = await this.at(this.partitionOf(name, record)).run(commands.openSpace, input);
    if (!opened) refuse('space_removed', name);
  }

  /** Ends a space for scripts. */
  async close(name: SpaceName, record: SpaceRecord): Promise<void> {
    for (const partition of this.#all(name, record))
      await this.at(partition).run(commands.closeSpace, { name, mark: commands.REMOVED, isLeft: false });
  }

  /** Takes all keys of a space that is closed. */
  async freeAll(name: SpaceName, record: SpaceRecord): Promise<void> {
    for (const partition of this.#all(name, record)) await this.#take(name, partition, commands.REMOVED);
  }

  /** Takes what a move has left at one of its ends; where the space has come there since by another move, nothing. */
  async free(name: SpaceName, { partition, mark }: Stage): Promise<void> {
    await this.at(partition).run(commands.closeSpace, { name, mark, isLeft: true });
    await this.#take(name, partition, mark);
  }

  /** Takes all of a space but its im:meta. False if something else has it by now. */
  async sweep(name: SpaceName, { partition, mark }: Stage): Promise<boolean> {
    const store = this.at(partition);
    const { prefix, meta } = store.keys.of(name);
    for await (const scanned of scanKeys(store.redis, prefix, SCAN_COUNT)) {
      const found = scanned.keys.filter((key) => key !== meta());
      if (found.length > 0 && !(await store.run(commands.sweepSpace, { name, mark, found }))) return false;
    }
    return true;
  }

  async #take(name: SpaceName, partition: string, mark: string): Promise<void> {
    if (!(await this.sweep(name, { partition, mark }))) return;
    await this.#noteEnd(name, partition);
    await this.at(partition).run(commands.endSpace, { name, mark });
  }

  /** What a space ends with has to be known where the next one of its name begins. */
  async #noteEnd(name: SpaceName, partition: string): Promise<void> {
    const home = this.#store.homeOf(name);
    if (partition === home) return;
    const { redis, keys } = this.at(partition);
    const epoch = await redis.hget(keys.of(name).meta(), 'epoch');
    if (epoch !== null) await this.at(home).run(commands.noteRemoved, epoch);
  }

  /** Wherever keys of a space may be. */
  #all(name: SpaceName, record: SpaceRecord): Set<string> {
    const stages = [record.arriving, record.leaving].flatMap((stage) => (stage ? [stage.partition] : []));
    return new Set([this.partitionOf(name, record), ...stages]);
  }
}
