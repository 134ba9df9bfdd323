import type { Redis } from 'ioredis';

/** Some keys, and whether these are the last ones. */
export interface Scanned {
  keys: string[];
  isLast: boolean;
}

/**
 * All keys that begin with a prefix, as SCAN finds them: those that are there all the while, some of them perhaps twice.
 *
 * @param count about how many keys each step looks at
 */
export async function* scanKeys(redis: Redis, prefix: string, count: number): AsyncGenerator<Scanned> {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', count);
    cursor = next;
    yield { keys, isLast: cursor === '0' };
  } while (cursor !== '0');
}
