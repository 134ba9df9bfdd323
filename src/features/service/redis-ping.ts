import type { Redis } from 'ioredis';
import type { Store } from '../../redis/store.ts';

/** How long Redis may take to answer a PING before it counts as not answering, ms. */
const PING_MS = 1_000;

/** Asks Redis whether it is there. */
export class RedisPing {
  /** The partition's name; `''` where there is one. */
  readonly partition: string;
  readonly #redis: Redis;

  constructor({ redis, partition }: Pick<Store, 'redis' | 'partition'>) {
    this.#redis = redis;
    this.partition = partition;
  }

  /** How long it took to answer, ms. @throws Error that says why it does not */
  async ping(): Promise<number> {
    const asked = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PING_MS} ms`)), PING_MS);
    });
    try {
      await Promise.race([this.#redis.ping(), late]);
      return performance.now() - asked;
    } catch (error) {
      // What ioredis says of a lost connection is about its own options.
      if (this.#redis.status !== 'ready') throw new Error('there is no connection', { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
