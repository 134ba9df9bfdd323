import { Redis } from 'ioredis';
import type { Logger } from '../logger.ts';
import { type Endpoint, endpointOptions } from './endpoint.ts';
import { logOutages, retryStrategy } from './reconnect.ts';
import './young-commands.ts';

/**
 * A connection for one blocking XREAD loop. It reconnects for ever; a read that was under way is sent again by ioredis
 * after the reconnect, so `ready` is the event by which its user learns that the link was broken.
 * @param blockMs the longest BLOCK its user asks for, above 0
 * @param name in log lines
 */
export function connectFeed(endpoint: Endpoint, blockMs: number, log: Logger, name = 'feed'): Redis {
  const redis = new Redis({
    ...endpointOptions(endpoint),
    maxRetriesPerRequest: null,
    enableAutoPipelining: false,
    socketTimeout: blockMs + 3_000,
    connectTimeout: 3_000,
    retryStrategy,
  });
  logOutages(redis, name, log);
  return redis;
}
