import { Redis } from 'ioredis';
import type { Address } from '../connection/target.ts';
import { type HostPort, placeName } from './place.ts';

/** How long one that is asked may take, ms: a stopped one must not hold up the others' answers. */
const ANSWER_MS = 700;

/**
 * Asks one server, by a connection of its own that ends with the answer.
 * @throws Error what ioredis or the server says
 */
export async function ask<Reply>(address: Address, question: (redis: Redis) => Promise<Reply>): Promise<Reply> {
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return await question(redis);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/**
 * Asks several servers at once where something is, and takes what most of them say that answer: one that was cut off from
 * the others, or stopped for a while, still believes what was.
 *
 * @param question undefined where the asked one does not know
 * @throws Error with the reasons, where nobody knows
 */
export async function askAll(
  addresses: readonly Address[],
  question: (redis: Redis, asked: HostPort) => Promise<HostPort | undefined>,
): Promise<HostPort> {
  const votes = new Map<string, { place: HostPort; count: number }>();
  const reasons: string[] = [];
  return new Promise((resolve, reject) => {
    let open = addresses.length;
    const settle = (place: HostPort | undefined) => {
      open--;
      if (place) {
        const key = placeName(place);
        const vote = votes.get(key) ?? { place, count: 0 };
        vote.count++;
        votes.set(key, vote);
        // Those that are left can't change it.
        if (vote.count * 2 > addresses.length) return resolve(place);
      }
      if (open > 0) return;
      const [elected] = [...votes.values()].toSorted((one, other) => other.count - one.count);
      if (elected) resolve(elected.place);
      else reject(new Error(reasons[0] ?? 'nobody knows the master'));
    };
    for (const address of addresses) {
      const asked = { host: address.host!, port: address.port! };
      ask(address, (redis) => question(redis, asked)).then(settle, (error: Error) => {
        reasons.push(`${placeName(asked)}: ${error.message}`);
        settle(undefined);
      });
    }
  });
}
