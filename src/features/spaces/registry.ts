import { ImError } from '../../domain/errors.ts';
import { refuse } from '../../domain/refusals.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import { issuerName, parseRecord, type SpaceRecord } from './space-record.ts';

/** How often a change is tried that others get in the way of. */
const TRIES = 20;
const SCAN_COUNT = 500;

/** What is set up for each space, in the default space's partition. */
export class Registry {
  readonly #store: Store;

  /** @param store of the default space */
  constructor(store: Store) {
    this.#store = store;
  }

  /** What is set up for a space, as JSON. */
  async read(name: SpaceName): Promise<string | undefined> {
    const { redis, keys } = this.#store;
    return (await redis.hget(keys.spaces(), name)) ?? undefined;
  }

  /** The same, as it is meant; undefined if there is no such space. */
  async find(name: SpaceName): Promise<SpaceRecord | undefined> {
    const json = await this.read(name);
    return json === undefined ? undefined : parseRecord(json);
  }

  /** What is set up for all spaces, in no order; one may come twice. */
  async *all(): AsyncGenerator<[name: SpaceName, record: SpaceRecord]> {
    const { redis, keys } = this.#store;
    let cursor = '0';
    do {
      const [next, flat] = await redis.hscan(keys.spaces(), cursor, 'COUNT', SCAN_COUNT);
      cursor = next;
      for (let i = 0; i < flat.length; i += 2) yield [flat[i] as SpaceName, parseRecord(flat[i + 1]!)];
    } while (cursor !== '0');
  }

  /**
   * Writes what `changed` makes of what there is, and tells all nodes; of undefined nothing is written. Called again where
   * somebody else was faster.
   */
  async change<Changed extends SpaceRecord | undefined>(
    name: SpaceName,
    changed: (found: SpaceRecord | undefined) => Changed,
  ): Promise<Changed> {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = await this.read(name);
      const found = before === undefined ? undefined : parseRecord(before);
      const record = changed(found);
      if (!record) return record;
      const written = await this.#store.run(commands.writeSpace, {
        name,
        before: before ?? '',
        after: JSON.stringify(record),
        issuerBefore: found?.jwks ? issuerName(found.jwks) : '',
        issuerAfter: record.jwks ? issuerName(record.jwks) : '',
      });
      if (written) return record;
    }
    throw new ImError('unavailable', `The space "${name}" is being changed by others; nothing was done, try again.`, {
      retryAfter: 1,
    });
  }

  /** Strikes out a space whose record is this one. */
  async strike(name: SpaceName, before: string): Promise<void> {
    await this.#store.run(commands.writeSpace, { name, before, after: '', issuerBefore: '', issuerAfter: '' });
  }
}

/** A space that can be changed. Refuses `space_not_found`, and `space_removed` while one is being removed. */
export function thereIs(name: SpaceName, found: SpaceRecord | undefined): SpaceRecord {
  if (!found) return refuse('space_not_found', name);
  return found.state === 'removing' ? refuse('space_removed', name) : found;
}
