import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import { Places } from './places.ts';
import { Registry, thereIs } from './registry.ts';
import { copyKeys } from './space-copy.ts';
import type { Stage } from './space-record.ts';

/** How long after a change of the registry each node knows of it, or asks for each request, ms. */
const KNOWN_MS = 3_000;
/** After so long nobody is about to free by itself what its move has left, ms. */
const FORGOTTEN_MS = 30_000;

/**
 * Moves of spaces between the partitions of a cluster. A space is paused while its keys are copied, goes on at the other
 * partition with its epoch, so that cursors live on, and what it has left is freed. A move that was interrupted before the space
 * went on is undone by resuming it, or by another move; one that was interrupted after that is finished by any node.
 */
export class Moves {
  readonly #registry: Registry;
  readonly #places: Places;

  /** @param store of the default space */
  constructor(store: Store) {
    this.#registry = new Registry(store);
    this.#places = new Places(store);
  }

  /**
   * Moves a space.
   *
   * @param to the name of the partition
   * @returns how many keys it has there
   * @throws Error that says what is wrong; the space goes on where it was
   */
  async move(name: SpaceName, to: string): Promise<number> {
    const { from, ...target } = await this.#depart(name, to);
    let count: number;
    try {
      // Until then a node may read what is about to be left as if it were the truth.
      await delay(KNOWN_MS);
      count = await this.#copy(name, from, target);
      await this.#arrive(name, from, target);
    } catch (error) {
      await this.#stay(name, target);
      throw error;
    }
    await delay(KNOWN_MS);
    await this.finish(name);
    return count;
  }

  /** Finishes the moves that were interrupted after the space went on. @param failed told what is wrong with one of them */
  async finishAll(failed: (error: unknown) => void): Promise<void> {
    for await (const [name, { leaving, state }] of this.#registry.all()) {
      if (!leaving || state === 'removing' || Date.now() - (leaving.since ?? 0) < FORGOTTEN_MS) continue;
      await this.finish(name).catch(failed);
    }
  }

  /** Frees what a move has left, and lets the space go on where it is now, if that was interrupted. */
  async finish(name: SpaceName): Promise<void> {
    const record = await this.#registry.find(name);
    if (!record?.leaving || record.state === 'removing') return;
    const { mark } = record.leaving;
    await this.#places.open(name, record);
    await this.#places.free(name, record.leaving);
    await this.#registry.change(name, (found) => {
      const { leaving, ...rest } = thereIs(name, found);
      return leaving && leaving.mark !== mark ? { ...rest, leaving } : rest;
    });
  }

  /** Pauses the space, and says where it is to go. */
  async #depart(name: SpaceName, to: string): Promise<Stage & { from: string }> {
    const there = this.#places.at(to);
    const mark = randomBytes(12).toString('hex');
    const record = await this.#registry.change(name, (found) => {
      const known = thereIs(name, found);
      const from = this.#places.partitionOf(name, known);
      if (from === to) throw new Error(`the space "${name}" is in the partition "${to}" already`);
      if (known.leaving) throw new Error(`what the last move of "${name}" has left is not freed yet: try again later`);
      return { ...known, state: 'paused', arriving: { partition: there.partition, mark } };
    });
    await this.#places.open(name, record);
    return { from: this.#places.partitionOf(name, record), partition: to, mark };
  }

  async #copy(name: SpaceName, from: string, target: Stage): Promise<number> {
    const [source, there] = [this.#places.at(from), this.#places.at(target.partition)];
    await source.run(commands.leaveSpace, { name, mark: target.mark });
    if (!(await there.run(commands.receiveSpace, { name, mark: target.mark })))
      throw new Error(`the partition "${target.partition}" has keys of "${name}" that no move has left there`);
    await this.#places.sweep(name, target);
    const { prefix, meta } = there.keys.of(name);
    let [count, isMissing] = [0, false];
    let ofMeta: Buffer | undefined;
    for await (const [key, ttl, dump] of copyKeys(source.of(name, from))) {
      count++;
      // The last one: until then no script takes the space to be there.
      if (prefix + key === meta()) ofMeta = dump;
      else await there.redis.restore(prefix + key, ttl, dump);
    }
    if (!ofMeta) throw new Error(`the partition "${from}" has no keys of "${name}"`);
    // Some may have been lost to a failover, or taken by who has resumed the space.
    for await (const [key, ttl] of copyKeys(source.of(name, from))) {
      isMissing ||= ttl === 0 && prefix + key !== meta() && (await there.redis.exists(prefix + key)) === 0;
    }
    if (isMissing) throw new Error(`keys of "${name}" were lost on their way`);
    await there.redis.restore(meta(), 0, ofMeta, 'REPLACE');
    await there.run(commands.settleSpace, { name, isBackup: false });
    return count;
  }

  async #arrive(name: SpaceName, from: string, { partition, mark }: Stage): Promise<void> {
    const record = await this.#registry.change(name, (found) => {
      const { arriving, ...rest } = thereIs(name, found);
      if (arriving?.mark !== mark)
        throw new Error(`the space "${name}" was resumed or moved by somebody else meanwhile`);
      return { ...rest, state: 'active', partition, leaving: { partition: from, mark, since: Date.now() } };
    });
    await this.#places.open(name, record);
  }

  /** The move has failed: the space goes on where it was, unless it has arrived, or somebody else has it in hand. */
  async #stay(name: SpaceName, target: Stage): Promise<void> {
    const found = await this.#registry.find(name);
    if (found?.leaving?.mark === target.mark) return;
    if (found?.arriving?.mark === target.mark && found.state !== 'removing') {
      const record = await this.#registry.change(name, (still) => {
        const { arriving, ...rest } = thereIs(name, still);
        return arriving?.mark === target.mark ? { ...rest, state: 'active' } : still!;
      });
      await this.#places.open(name, record);
    }
    await this.#places.free(name, target);
  }
}
