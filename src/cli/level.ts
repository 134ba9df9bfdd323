import { loadConfigOfCommand } from '../config/config.ts';
import { KNOWN_LEVEL } from '../redis/lua.ts';
import { raiseLevel } from '../redis/meta/commands.ts';
import { withStore } from '../redis/session.ts';

/**
 * `redisim level [raise]`: shows the level at which the data is written, or raises it to what this version knows.
 *
 * @throws Error that says what to change
 */
export async function level(word?: string): Promise<void> {
  if (word !== undefined && word !== 'raise')
    throw new Error(`"level ${word}" is no command; use "level" or "level raise"`);
  await withStore(loadConfigOfCommand(), async (store) => {
    if (word === 'raise') for (const partition of store.partitions) await partition.run(raiseLevel, undefined);
    const written = (await store.redis.hget(store.keys.meta(), 'writerLevel')) ?? '1';
    process.stdout.write(`the data is written at level ${written}; this version knows ${KNOWN_LEVEL}\n`);
  });
}
