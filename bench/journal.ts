import { Redis } from 'ioredis';
import { Consumers } from '../src/features/journal/consumers.ts';
import { send } from '../src/features/messages/commands.ts';
import { prepare } from '../src/redis/meta/commands.ts';
import type { Store } from '../src/redis/store.ts';
import { startRedis } from '../test/helpers/redis.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { redisTime } from './harness/redis-time.ts';
import { sendOf, storeOn } from './harness/store.ts';

/** A direct send while a consumer wants the journal, by Redis' own clock, against the same where nobody does. */
export const journal: Benchmark = {
  name: 'journal',
  title: 'a direct send with the journal written, Redis time',
  against: 'the same send with nobody who wants the journal',
  targets: [{ figure: 'micros', unit: 'µs of Redis a send', atMost: 1.15 }],
  async run({ rounds, isShort }) {
    const server = await startRedis({ args: ['--stream-node-max-bytes', '1024'] });
    const redis = new Redis({ path: server.path });
    const [on, off] = [await chatOn(redis, 'on:'), await chatOn(redis, 'off:')];
    await new Consumers(on).put('bench');
    const sends = isShort ? 5_000 : 50_000;
    const comparison = await compare(
      rounds,
      () => sendMany(redis, on, sends),
      () => sendMany(redis, off, sends),
    );
    redis.disconnect();
    await server.stop();
    return { comparisons: [{ of: 'a send', comparison }] };
  },
};

/** Two people under a key prefix. */
async function chatOn(redis: Redis, tag: string): Promise<Store> {
  const store = storeOn(redis, {}, { tag, serverId: undefined });
  await store.run(prepare, '1');
  for (const uid of ['u0', 'u1']) await redis.hset(`${tag}u:${uid}`, 'createdAt', '1');
  return store;
}

let serial = 0;

async function sendMany(redis: Redis, store: Store, sends: number): Promise<Sample> {
  const one = () => store.run(send, sendOf(serial++, { from: 'u0', conversation: 'user:u1', log: 'ds:u0:u1' }));
  const { micros } = await redisTime(redis, sends, one);
  return { micros };
}
