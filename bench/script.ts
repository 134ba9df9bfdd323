import { Redis } from 'ioredis';
import { defineScripts } from '../src/redis/scripts.ts';
import { startRedis } from '../test/helpers/redis.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { TEXT } from './harness/traffic.ts';

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
    defineScripts(redis, {
      keyPrefix: '',
      inboxMax: INBOX_MAX,
      feedMax: 10_000,
      groupMax: 10_000,
      logMax: 0,
      logDays: 0,
    });
    redis.defineCommand('bareLoop', { lua: BARE, numberOfKeys: 0 });
    await redis.imInit('im:meta', '1');
    for (const size of SIZES) await redis.sadd(`gm:g${size}`, ...membersOf(size));
    const comparison = await compare(
      rounds,
      () =>
        bySize(redis, (size, n) =>
          redis.imSend(`i:${size}:${n}`, `gs:g${size}`, 'u0', '', `${n}`, 'd', 60_000, 'text', TEXT),
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
    await redis.config('RESETSTAT');
    for (let i = 0; i < calls; i += 50) {
      await Promise.all(Array.from({ length: 50 }, () => call(size, serial++)));
    }
    const stats = await redis.info('commandstats');
    const [, done, usec] = /^cmdstat_evalsha:calls=(\d+),usec=(\d+)/m.exec(stats)!;
    sample[`micros${size}`] = Number(usec) / Number(done) / size;
  }
  return sample;
}

function membersOf(size: number): string[] {
  return Array.from({ length: size }, (_, i) => `u${i}`);
}
