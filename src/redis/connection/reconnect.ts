import type { Redis } from 'ioredis';
import type { Logger } from '../logger.ts';

/** Milliseconds before the next attempt to connect: soon at first, and not all nodes at the same moment. */
export function retryStrategy(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), 1_000) * (0.75 + Math.random() / 2);
}

/** Logs once when a connection is lost and once when it is back; ioredis retries up to twenty times a second. */
export function logOutages(redis: Redis, name: string, log: Logger): void {
  let away = false;
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  redis.on('reconnecting', () => {
    if (away) return;
    away = true;
    log.warn({ connection: name, err: reason }, 'Redis is away');
  });
  redis.on('ready', () => {
    reason = undefined;
    if (!away) return;
    away = false;
    log.info({ connection: name }, 'Redis is back');
  });
}
