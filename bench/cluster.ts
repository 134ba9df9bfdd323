import type { Uid } from '../src/domain/names.ts';
import { send } from '../src/features/messages/commands.ts';
import { DEFAULT_TAG } from '../src/redis/cluster/tag.ts';
import { openRedis, type RedisLink } from '../src/redis/connection/link.ts';
import { prepare } from '../src/redis/meta/commands.ts';
import type { Store } from '../src/redis/store.ts';
import { quiet } from '../test/helpers/im.ts';
import { TestCluster } from '../test/helpers/redis-cluster.ts';
import { RedisServer, serverArgs } from '../test/helpers/redis-server.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { cpuMicros } from './harness/cpu.ts';
import { sendOf, storeOn } from './harness/store.ts';

const USERS = 100;
const AT_ONCE = 50;

/** A direct send in a partition of a cluster, fenced, by the CPU of its master, against the same on one Redis. */
export const cluster: Benchmark = {
  name: 'cluster',
  title: 'the send script in a partition of a cluster (3 masters, no replicas), CPU of its master',
  against: 'the same script on one Redis',
  targets: [{ figure: 'micros', unit: 'µs a send', atMost: 1.1 }],
  async run({ rounds, isShort }) {
    const servers = await TestCluster.start({ replicas: 0 });
    const master = await servers.masterOf(DEFAULT_TAG);
    const single = await RedisServer.start(serverArgs);
    const options = { commandTimeoutMs: 10_000, log: quiet };
    const sends = isShort ? 5_000 : 40_000;
    const links = [
      await openRedis(servers.target, options),
      await openRedis({ url: `redis://${single.address}` }, options),
    ];
    const [inCluster, alone] = await Promise.all(links.map(prepared));
    const comparison = await compare(
      rounds,
      () => measure(master, inCluster!, sends),
      () => measure(single, alone!, sends),
    );
    for (const link of links) link.close();
    await servers.stop();
    await single.stop();
    return { comparisons: [{ of: 'a send', comparison }] };
  },
};

async function prepared({ partition }: RedisLink): Promise<Store> {
  const store = storeOn(partition.commands, {}, partition);
  await store.run(prepare, '1');
  const { keys, redis } = store;
  for (let i = 0; i < USERS; i++) await redis.hset(keys.user(`u${i}` as Uid), 'name', `u${i}`, 'createdAt', 1);
  return store;
}

let serial = 0;

async function measure({ pid }: RedisServer, store: Store, sends: number): Promise<Sample> {
  const before = cpuMicros(pid);
  for (let done = 0; done < sends; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => sendOne(store, serial++)));
  }
  return { micros: (cpuMicros(pid) - before) / sends };
}

function sendOne(store: Store, n: number): Promise<unknown> {
  const [one, other] = [`u${n % USERS}`, `u${(n + 1) % USERS}`] as [string, string];
  const [lo, hi] = one < other ? [one, other] : [other, one];
  return store.run(send, sendOf(n, { from: one, conversation: `user:${other}`, log: `ds:${lo}:${hi}` }));
}
