import rateLimit from '@fastify/rate-limit';
import type { Redis } from 'ioredis';
import { ImError } from '../errors.ts';
import type { Caller } from './auth.ts';
import type { App } from './fastify.ts';

export interface RateLimits {
  /** Requests a minute for each user; 0 is no limit. */
  perUser: number;
  /** Requests a minute for each API key; 0 is no limit. */
  perServer: number;
}

/** How long a request waits to be counted, ms. Longer than that Redis is as good as away, and the caller has waited enough. */
const PATIENCE_MS = 200;

/**
 * Limits what a caller may ask for, over all nodes. Not registered where nothing is limited, so that it costs nothing
 * there. While Redis is away nobody is limited: the request itself tells.
 */
export async function registerRateLimit(app: App, redis: Redis, nameSpace: string, limits: RateLimits): Promise<void> {
  if (limits.perUser === 0 && limits.perServer === 0) return;
  // A public operation has no caller.
  const limitOf = (caller: Caller | null) => {
    if (caller === null) return 0;
    return caller.kind === 'user' ? limits.perUser : limits.perServer;
  };
  await app.register(rateLimit, {
    global: true,
    redis: impatient(redis),
    nameSpace,
    timeWindow: 60_000,
    skipOnError: true,
    enableDraftSpec: true,
    // After the caller is known.
    hook: 'preValidation',
    max: (request) => limitOf(request.caller),
    keyGenerator: (request) => (request.caller as Caller | null)?.countedAs ?? '',
    allowList: (request) => limitOf(request.caller) === 0,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new ImError('too_many_requests', `At most ${max} requests a minute are allowed here.`, {
        retryAfter: Math.ceil(ttl / 1_000),
      }),
  });
}

type Done = (error: unknown, result?: unknown) => void;
type Command = (...args: unknown[]) => Promise<unknown>;

/** What the plugin uses of Redis: it defines a command or two and calls them, with a callback that may be called twice. */
function impatient(redis: Redis): object {
  const limiter: Record<string, unknown> = {
    defineCommand(name: string, definition: Parameters<Redis['defineCommand']>[1]) {
      redis.defineCommand(name, definition);
      const command = (redis as unknown as Record<string, Command>)[name]!.bind(redis);
      limiter[name] = (...args: unknown[]) => {
        const done = args.pop() as Done;
        const timer = setTimeout(() => done(new Error('not counted in time')), PATIENCE_MS);
        const settled = (error: unknown, result?: unknown) => {
          clearTimeout(timer);
          done(error, result);
        };
        command(...args).then((result) => settled(null, result), settled);
      };
    },
  };
  return limiter;
}
