import { join } from 'node:path';
import { openNotedPartitions } from './cluster/partitions.ts';
import { openRedis, type RedisLink } from './connection/link.ts';
import type { RedisTarget } from './connection/target.ts';
import type { ScriptSettings } from './lua.ts';
import { Store } from './store.ts';

/** What says where the data is: REDIS_URL, or the service's own Redis, which has to run. */
interface Place extends ScriptSettings {
  keyPrefix: string;
  dataDir: string;
  redisUrl: string | undefined;
  commandTimeoutMs: number;
  partitions: number;
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Gives a command of the command line the data for as long as it works.
 *
 * @throws Error that names the server and the reason, when it can't be reached
 */
export async function withStore<Result>(
  place: Place,
  work: (store: Store, link: RedisLink) => Promise<Result>,
): Promise<Result> {
  const target: RedisTarget = place.redisUrl ? { url: place.redisUrl } : { path: join(place.dataDir, 'redis.sock') };
  const options = { commandTimeoutMs: place.commandTimeoutMs, startTimeoutMs: place.commandTimeoutMs, log: quiet };
  const link = await openRedis(target, options);
  const shared = { settings: place, onRefusedWrites: () => {}, onNewerLevel: () => {} };
  try {
    const first = Store.over([link.partition], place.keyPrefix, shared);
    const partitions = await openNotedPartitions(link, first, place.partitions);
    return await work(Store.over(partitions, place.keyPrefix, shared), link);
  } finally {
    link.close();
  }
}
