import rateLimit from '@fastify/rate-limit';
import type { Redis } from 'ioredis';
import { ImError } from '../errors.ts';
import type { App } from './fastify.ts';

export interface RateLimits {
  /** Requests a minute for each user; 0 is no limit. */
  perUser: number;
  /** Requests a minute for all API keys together; 0 is no limit. */
  perServer: number;
}

/**
 * Limits what a caller may ask for, over all nodes. Not registered where nothing is limited, so that it costs nothing
 * there. While Redis is away nobody is limited: the request itself tells.
 */
export async function registerRateLimit(app: App, redis: Redis, nameSpace: string, limits: RateLimits): Promise<void> {
  if (limits.perUser === 0 && limits.perServer === 0) return;
  await app.register(rateLimit, {
    global: true,
    redis,
    nameSpace,
    timeWindow: 60_000,
    skipOnError: true,
    enableDraftSpec: true,
    // After the caller is known.
    hook: 'preValidation',
    max: (request) => (request.caller.kind === 'user' ? limits.perUser : limits.perServer),
    // No uid has a space: a user can't share the server's counter.
    keyGenerator: (request) => (request.caller.kind === 'user' ? request.caller.uid : 'server key'),
    allowList: (request) => {
      const { caller } = request;
      return !caller || (caller.kind === 'user' ? limits.perUser : limits.perServer) === 0;
    },
    errorResponseBuilder: (_request, { max, ttl }) =>
      new ImError('too_many_requests', `At most ${max} requests a minute are allowed here.`, {
        retryAfter: Math.ceil(ttl / 1_000),
      }),
  });
}
