import { Redis } from 'ioredis';
import { send } from '../src/features/messages/commands.ts';
import { prepare } from '../src/redis/meta/commands.ts';
import { startRedis } from '../test/helpers/redis.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { redisTime } from './harness/redis-time.ts';
import { sendOf, storeOn } from './harness/store.ts';

const INBOX_MAX = 5_000;
const SIZES = [2, 10, 100, 1_000];

/** What a fan-out costs Redis at the least: one XADD for each recipient, and nothing else. */
const BARE = `
  for i = 1, #ARGV do redis.call('XADD', 'bare:' .. ARGV[i], 'MAXLEN', '~', ${INBOX_MAX}, '*', 'FW', 'gs:g', 'mid', '1-1') end`;

/** The send script, by Redis' own clock, against a loop with one bare XADD for each recipient. */
export const script: Benchmark = {
  name: 'script',
  title: 'the send script for 100 and 1,000 recipients, Redis time of each',
  against: 'a Lua loop with one bare `XADD` for each recipient',
  targets: [
    { figure: 'micros100', unit: 'µs a recipient, of 100', atMost: 1.25 },
    { figure: 'micros1000', unit: 'µs a recipient, of 1,000', atMost: 1.25 },
  ],
  async run({ rounds }) {
    const server = await startRedis({ args: ['--stream-node-max-bytes', '1024'] });
    const redis = new Redis({ path: server.path });
    const store = storeOn(redis, { inboxMax: INBOX_MAX });
    redis.defineCommand('bareLoop', { lua: BARE, numberOfKeys: 0 });
    await store.run(prepare, '1');
    for (const size of SIZES) {
      await redis.sadd(`gm:g${size}`, ...membersOf(size));
      await redis.hset(`gi:g${size}`, 'master', 'u0', 'incarnation', '1');
    }
    const comparison = await compare(
      rounds,
      () =>
        bySize(redis, (size, n) =>
          store.run(send, sendOf(n, { from: 'u0', conversation: `group:g${size}`, log: `gs:g${size}` })),
        ),
      () =>
        bySize(redis, (size) =>
          (redis as unknown as { bareLoop(...uids: string[]): Promise<null> }).bareLoop(...membersOf(size)),
        ),
    );
    redis.disconnect();
    await server.stop();
    return { comparisons: [{ of: 'a recipient', comparison }] };
  },
};

let serial = 0;

async function bySize(redis: Redis, call: (size: number, n: number) => Promise<unknown>): Promise<Sample> {
  const sample: Sample = {};
  for (const size of SIZES) {
    // Many small ones, few large ones: each about as long.
    const calls = Math.ceil(60_000 / (size + 18));
    const { micros } = await redisTime(redis, calls, () => call(size, serial++));
    sample[`micros${size}`] = micros / size;
  }
  return sample;
}

function membersOf(size: number): string[] {
  return Array.from({ length: size }, (_, i) => `u${i}`);
}
