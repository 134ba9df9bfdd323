import { ImError } from '../../domain/errors.ts';
import type { App } from '../fastify.ts';
import { type Rate, TokenBuckets } from './token-buckets.ts';

export interface RateLimits {
  /** Requests a second of each user; 0 is no limit. */
  perUser: number;
  /** Requests of a user at once, after a pause. */
  burst: number;
  /** Requests a second of each API key; 0 is no limit. */
  perServer: number;
}

/** What an API key may ask for at once where users have no limit: so many seconds' worth. */
const BURST_S = 60;

/**
 * Limits how often a caller may ask this node, whatever for; what is public is not limited. It is counted in memory: a
 * request costs Redis nothing, and of several nodes each counts for itself. Every counted answer has the `RateLimit-*`
 * headers, and a refusal `Retry-After`.
 */
export function registerRateLimit(app: App, { perUser, burst, perServer }: RateLimits): void {
  const burstS = perUser > 0 ? burst / perUser : BURST_S;
  const buckets = {
    user: bucketsOf({ perSecond: perUser, burst }),
    server: bucketsOf({ perSecond: perServer, burst: Math.max(1, Math.floor(perServer * burstS)) }),
  };
  if (!buckets.user && !buckets.server) return;
  // After the caller is known, and before the body is read.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const counting = request.caller && buckets[request.caller.kind];
    if (!counting) return done();
    const { allowed, remaining, nextIn, fullIn } = counting.take(request.caller.countedAs);
    reply.header('ratelimit-limit', String(counting.rate.burst));
    reply.header('ratelimit-remaining', String(remaining));
    reply.header('ratelimit-reset', String(Math.ceil(fullIn)));
    done(allowed ? null : refused(counting.rate, Math.max(1, Math.ceil(nextIn))));
  });
}

function bucketsOf(rate: Rate): TokenBuckets | undefined {
  return rate.perSecond > 0 ? new TokenBuckets(rate) : undefined;
}

function refused({ perSecond, burst }: Rate, retryAfter: number): ImError {
  const rule = `${perSecond} requests a second, and up to ${burst} at once after a pause`;
  return new ImError('too_many_requests', `That is too often: allowed are ${rule}. Try again in ${retryAfter} s.`, {
    retryAfter,
  });
}
