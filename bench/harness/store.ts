import type { Redis } from 'ioredis';
import { Keys } from '../../src/redis/keys.ts';
import type { ScriptSettings } from '../../src/redis/lua.ts';
import { Store } from '../../src/redis/store.ts';

const SETTINGS = { inboxMax: 5_000, feedMax: 10_000, groupMax: 10_000, logMax: 0, logDays: 0 };

/** The service's own commands on a bare connection; a write that is refused ends the benchmark. */
export function storeOn(redis: Redis, settings: Partial<ScriptSettings> = {}): Store {
  return new Store({
    redis,
    keys: new Keys(''),
    settings: { ...SETTINGS, ...settings },
    onRefusedWrites: ({ reason }) => {
      throw new Error(reason);
    },
    onNewerLevel: (level) => {
      throw new Error(`the data is of level ${level}`);
    },
  });
}
