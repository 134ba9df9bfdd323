import type { Redis } from 'ioredis';
import type { Logger } from '../logger.ts';

const OLDEST_VERSION = 7;

/**
 * Checks that the service can use a server, and warns where it may evict or lose messages. From INFO alone: CONFIG is often
 * forbidden on a managed Redis.
 *
 * @throws Error that says what is wrong with it
 */
export async function checkServer(redis: Redis, name: string, log: Logger): Promise<void> {
  const info = await redis.info().catch((error: Error) => {
    // A user without the right to INFO can still do everything else.
    if (error.message.startsWith('NOPERM')) return undefined;
    throw error;
  });
  if (info === undefined) return log.warn({}, 'Redis refuses INFO: its version and persistence were not checked');
  const field = (of: string) => new RegExp(`^${of}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  // Valkey goes on reporting the Redis version that it is compatible with.
  const version = field('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < OLDEST_VERSION) {
    throw new Error(`cannot use Redis at ${name}: its version is ${version}, at least 7.0 is needed`);
  }
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction' && field('maxmemory') !== '0') {
    log.warn({ policy }, 'Redis may evict messages: set maxmemory-policy to noeviction');
  }
  if (field('aof_enabled') === '0')
    log.warn({}, 'Redis has no AOF: messages since its last snapshot are lost when it stops');
}
