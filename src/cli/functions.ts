import type { Redis } from 'ioredis';
import { compare, valid } from 'semver';
import { VERSION } from '../app.ts';
import { loadConfigOfCommand } from '../config/config.ts';
import { LIBRARY_NAME, librarySource } from '../redis/functions/library.ts';
import { withStore } from '../redis/session.ts';

/** What each word after `functions` does. */
const ACTIONS: Record<string, () => Promise<void>> = { load, version, dump };

/**
 * `redisim functions load|version|dump`: puts the function library into Redis, tells which one is there, or writes its
 * text to standard output.
 *
 * @throws Error that says what to change
 */
export async function functions(word = '', ...more: string[]): Promise<void> {
  const action = Object.hasOwn(ACTIONS, word) && more.length === 0 ? ACTIONS[word] : undefined;
  if (!action) {
    const given = ['functions', word, ...more].join(' ').trim();
    throw new Error(`"${given}" is no command; use "functions load", "functions version" or "functions dump"`);
  }
  await action();
}

async function load(): Promise<void> {
  await withStore(loadConfigOfCommand(), async ({ redis }, { isCluster }) => {
    if (isCluster)
      throw new Error('Redis is a cluster, where the functions do not work: they reach keys that they cannot declare');
    const loaded = await loadedVersion(redis);
    if (loaded !== undefined && compare(loaded, VERSION) > 0) {
      throw new Error(
        `Redis has the functions of version ${loaded}; this is the older version ${VERSION}, which does not replace them. ` +
          'Load them with the newer version, or remove those with FUNCTION DELETE first',
      );
    }
    await redis.call('FUNCTION', 'LOAD', 'REPLACE', librarySource(VERSION)).catch((error: Error) => {
      // Such as a function of the same name in a library of somebody else.
      throw new Error(`Redis refused the functions: ${error.message}`);
    });
    process.stdout.write(`loaded ${LIBRARY_NAME}, version ${VERSION}${loaded ? `; before it was ${loaded}` : ''}\n`);
  });
}

async function version(): Promise<void> {
  await withStore(loadConfigOfCommand(), async ({ redis }) => {
    const loaded = (await loadedVersion(redis)) ?? 'none; load them with "redisim functions load"';
    process.stdout.write(`loaded: ${loaded}\nof this package: ${VERSION}\n`);
  });
}

async function dump(): Promise<void> {
  process.stdout.write(librarySource(VERSION));
}

/**
 * The version of the functions in Redis; undefined if there are none.
 *
 * @throws Error if somebody else's library has a function of this name
 */
async function loadedVersion(redis: Redis): Promise<string | undefined> {
  const reply = await redis.call('FCALL_RO', 'im_version', '0').catch((error: Error) => {
    if (error.message.includes('Function not found')) return undefined;
    throw error;
  });
  if (reply === undefined || valid(String(reply))) return reply as string | undefined;
  throw new Error('the function im_version in Redis is not of redisim; remove its library with FUNCTION DELETE');
}
