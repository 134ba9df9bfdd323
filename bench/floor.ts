import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { send } from '../src/features/messages/commands.ts';
import { prepare } from '../src/redis/meta/commands.ts';
import { startRedis } from '../test/helpers/redis.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { redisTime } from './harness/redis-time.ts';
import { sendOf, storeOn } from './harness/store.ts';
import { TEXT } from './harness/traffic.ts';

/** The calls that a direct send makes, in their order, and nothing else: no rule is looked at, nothing can be refused. */
const FLOOR = `#!lua name=floor
local function add(key, max, ...)
  local id = redis.call('XADD', key, ...)
  if string.sub(id, -2) == '00' then redis.call('XTRIM', key, 'MAXLEN', '~', max) end
end
redis.register_function('floor', function(KEYS, ARGV)
  local cid, text = ARGV[1], ARGV[2]
  local epoch = redis.call('HMGET', 'f:im:meta', 'epoch', 'writerLevel', 'paused', 'removing', 'generation', 'wants')[1] or '1'
  redis.call('EXISTS', 'f:u:u0', 'f:u:u0', 'f:u:u0', 'f:u:u1', 'f:u:u1', 'f:u:u1', 'f:bl:u0', 'f:bl:u1')
  redis.call('HGET', 'f:u:u1', 'directPolicy')
  local last = redis.call('XREVRANGE', 'f:ds:u0:u1', '+', '-', 'COUNT', 1)[1]
  local n = last and last[2][4] + 1 or 1
  local time = redis.call('TIME')
  local id = string.format('%.0f-%d', time[1] * 1000 + math.floor(time[2] / 1000), n)
  redis.call('SET', 'f:i:ds:u0:u1:u0:' .. cid, id .. ' d', 'NX', 'GET', 'PX', '60000')
  redis.call('XADD', 'f:ds:u0:u1', id, 'uid', 'u0', 'n', n, 'cid', cid, 'text', text)
  redis.call('HSET', 'f:rd:u0', 'ds:u0:u1', n .. ' ' .. id)
  redis.call('HSETNX', 'f:rd:u1', 'ds:u0:u1', n .. ' ' .. id)
  add('f:s:u0', '5000', epoch .. '-*', 'FW', 'ds:u0:u1', 'mid', id)
  add('f:s:u1', '5000', epoch .. '-*', 'FW', 'ds:u0:u1', 'mid', id)
  add('f:feed', '10000', epoch .. '-*', 'log', 'ds:u0:u1', 'mid', id, 'to', 'u0 1 u1 1',
    'uid', 'u0', 'n', n, 'cid', cid, 'text', text)
  return id
end)`;

/** What the rules of a direct send cost Redis beside the calls that it can't do without. */
export const floor: Benchmark = {
  name: 'floor',
  title: 'a direct send, Redis time',
  against:
    'a flat function of the very same Redis calls that looks at no rule (the benchmark fails unless both call the same)',
  targets: [{ figure: 'micros', unit: 'µs of Redis a send', atMost: 1.4 }],
  async run({ rounds, isShort }) {
    const server = await startRedis({ args: ['--stream-node-max-bytes', '1024'] });
    const redis = new Redis({ path: server.path });
    const store = storeOn(redis, {}, { tag: 'p:', serverId: undefined });
    await store.run(prepare, '1');
    await redis.call('FUNCTION', 'LOAD', FLOOR);
    for (const tag of ['p:', 'f:'])
      for (const uid of ['u0', 'u1']) await redis.hset(`${tag}u:${uid}`, 'createdAt', '1');
    await redis.copy('p:im:meta', 'f:im:meta');
    const sends = isShort ? 5_000 : 50_000;
    let serial = 0;
    const calls = { product: '', floor: '' };
    const measure = async (side: keyof typeof calls, one: (n: number) => Promise<unknown>): Promise<Sample> => {
      const { micros, stats } = await redisTime(redis, sends, () => one(serial++));
      calls[side] = callsIn(stats);
      return { micros };
    };
    const comparison = await compare(
      rounds,
      () =>
        measure('product', (n) => store.run(send, sendOf(n, { from: 'u0', conversation: 'user:u1', log: 'ds:u0:u1' }))),
      () => measure('floor', (n) => redis.call('FCALL', 'floor', 0, `${n}`, TEXT)),
    );
    assert.equal(calls.floor, calls.product, 'both make the same calls');
    redis.disconnect();
    await server.stop();
    return { comparisons: [{ of: 'a send', comparison }] };
  },
};

/** How often each command was called, but those that the benchmark itself calls. */
function callsIn(stats: string): string {
  return [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name]) => name !== 'info' && name !== 'config|resetstat')
    .map(([, name, count]) => `${name} ${count}`)
    .sort()
    .join('\n');
}
