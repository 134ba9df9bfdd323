import type { RedisLink } from '../connection/link.ts';
import type { Partition } from '../connection/partition.ts';
import { notePartitions } from '../meta/commands.ts';
import type { Store } from '../store.ts';

/**
 * Opens the partitions that a cluster's named spaces are dealt out to, and sees to it that all nodes have the same; elsewhere
 * there is one.
 *
 * @param store of the default space
 * @param count as PARTITIONS says; noted by the first who comes
 * @throws Error that says what to change
 */
export async function openPartitions(link: RedisLink, store: Store, count: number): Promise<readonly Partition[]> {
  if (!link.isCluster) return [link.partition];
  const noted = await store.run(notePartitions, { count, ofDefault: link.partition.name });
  checkCount(count, noted);
  return link.openPartitions(count);
}

/** The same for a command, where nothing is noted unless there are spaces. */
export async function openNotedPartitions(link: RedisLink, store: Store, count: number): Promise<readonly Partition[]> {
  const noted = link.isCluster ? await store.redis.hget(store.keys.meta(), 'partitions') : null;
  if (noted === null) return [link.partition];
  checkCount(count, Number(noted));
  return link.openPartitions(count);
}

function checkCount(count: number, noted: number): void {
  if (count === noted) return;
  throw new Error(
    `PARTITIONS was ${count}, but the spaces of this cluster are dealt out to ${noted}, which cannot be changed any more: ` +
      `set PARTITIONS=${noted}`,
  );
}
