import { LRUCache } from 'lru-cache';

/** How often something may happen. */
export interface Rate {
  /** In the long run. */
  readonly perSecond: number;
  /** At once, after a long pause. */
  readonly burst: number;
}

/** What came of asking a bucket. */
export interface Taken {
  readonly allowed: boolean;
  /** How many more there are now. */
  readonly remaining: number;
  /** When the next one is there, s; 0 if it is now. */
  readonly nextIn: number;
  /** When the bucket is full again, s. */
  readonly fullIn: number;
}

interface Bucket {
  tokens: number;
  /** When they were counted, s. */
  at: number;
}

/** More of them are not remembered: who asked least lately has a full bucket again. About 10 MB. */
const MAX_BUCKETS = 50_000;

/** A token bucket for each name, in this process' memory. */
export class TokenBuckets {
  readonly rate: Rate;
  readonly #now: () => number;
  readonly #buckets: LRUCache<string, Bucket>;

  /** @param now a clock that never goes back, ms */
  constructor(rate: Rate, now: () => number = () => performance.now(), max = MAX_BUCKETS) {
    this.rate = rate;
    this.#now = now;
    this.#buckets = new LRUCache({ max });
  }

  /** Takes one token, if there is one. What is refused costs nothing. */
  take(name: string): Taken {
    const { perSecond, burst } = this.rate;
    const now = this.#now() / 1_000;
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = { tokens: burst, at: now };
      this.#buckets.set(name, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perSecond);
    bucket.at = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      nextIn: Math.max(0, 1 - bucket.tokens) / perSecond,
      fullIn: (burst - bucket.tokens) / perSecond,
    };
  }
}
