import type { Config } from '../config/config.ts';
import { ImError } from '../domain/errors.ts';
import { checkLayout } from './cluster/layout.ts';
import { openPartitions } from './cluster/partitions.ts';
import type { RedisLink } from './connection/link.ts';
import type { Partition } from './connection/partition.ts';
import { SCHEMA_VERSION } from './lua.ts';
import { moveEpoch, prepare } from './meta/commands.ts';
import { removeFunctions } from './program.ts';
import { Store } from './store.ts';

/**
 * Prepares the data of the default space, and connects to the partitions.
 *
 * @returns the store of the default space, and the partitions in the order of the store's
 * @throws Error if the database belongs to another version, or has another layout
 */
export async function openStore(
  link: RedisLink,
  { keyPrefix, spaces, partitions: count }: Pick<Config, 'keyPrefix' | 'spaces' | 'partitions'>,
  shared: Parameters<typeof Store.over>[2],
): Promise<{ store: Store; partitions: readonly Partition[] }> {
  await checkLayout(link, keyPrefix);
  const first = Store.over([link.partition], keyPrefix, shared);
  await prepareDatabase(link, first);
  const partitions = spaces ? await openPartitions(link, first, count) : [link.partition];
  return { store: Store.over(partitions, keyPrefix, shared), partitions };
}

/** Before a partition is used. @returns its epoch */
export async function preparePartition(store: Store): Promise<string> {
  const epoch = await store.run(prepare, SCHEMA_VERSION);
  await removeFunctions(store.redis);
  return epoch;
}

async function prepareDatabase({ mayHaveLostData }: RedisLink, store: Store): Promise<void> {
  const epoch = await preparePartition(store).catch((error: unknown) => {
    // What a script refuses here is for whoever starts the service.
    throw error instanceof ImError ? new Error(error.message) : error;
  });
  // Ids that were given out may be given out again: cursors of before must not pass for good.
  if (mayHaveLostData) await store.run(moveEpoch, epoch);
}
