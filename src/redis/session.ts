import { join } from 'node:path';
import { connectCommands } from './connection/command-connection.ts';
import type { RedisTarget } from './connection/target.ts';
import { Keys } from './keys.ts';
import type { ScriptSettings } from './lua.ts';
import { Store } from './store.ts';

/** What says where the data is: REDIS_URL, or the service's own Redis, which has to run. */
interface Place extends ScriptSettings {
  keyPrefix: string;
  dataDir: string;
  redisUrl: string | undefined;
  commandTimeoutMs: number;
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Gives a command of the command line the data for as long as it works.
 *
 * @throws Error that names the server and the reason, when it can't be reached
 */
export async function withStore<Result>(place: Place, work: (store: Store) => Promise<Result>): Promise<Result> {
  const target: RedisTarget = place.redisUrl ? { url: place.redisUrl } : { path: join(place.dataDir, 'redis.sock') };
  const options = { commandTimeoutMs: place.commandTimeoutMs, startTimeoutMs: place.commandTimeoutMs, log: quiet };
  const redis = await connectCommands(target, options);
  const store = new Store({
    redis,
    keys: new Keys(place.keyPrefix),
    settings: place,
    onRefusedWrites: () => {},
    onNewerLevel: () => {},
  });
  try {
    return await work(store);
  } finally {
    redis.disconnect();
  }
}
