import type { Redis } from 'ioredis';

/** How many calls are under way at the same time. */
const AT_ONCE = 50;

/** What Redis did, by its own clock. */
export interface RedisTime {
  /** µs of a script or a function. */
  micros: number;
  /** INFO commandstats. */
  stats: string;
}

/** Measures what a script or a function costs Redis, the mean of so many calls. */
export async function redisTime(redis: Redis, calls: number, call: () => Promise<unknown>): Promise<RedisTime> {
  await redis.config('RESETSTAT');
  for (let i = 0; i < calls; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, call));
  const stats = await redis.info('commandstats');
  const [, done, usec] = /^cmdstat_(?:fcall|evalsha):calls=(\d+),usec=(\d+)/m.exec(stats)!;
  return { micros: Number(usec) / Number(done), stats };
}
