import { Baseline } from './baseline.ts';
import type { Benchmark, Target } from './benchmark.ts';
import { compare, type Sample } from './compare.ts';
import { Load } from './load.ts';
import { cpuPerUnit } from './measure.ts';
import { API_KEY, Service } from './service.ts';
import { TEXT } from './traffic.ts';

const SUBSCRIBERS = 1_000;

/** What one measurement sends to the group of all: so many messages at once, and that so many times. */
export interface Rhythm {
  atOnce: number;
  times: number;
}

/** A benchmark of messages to a group whose 1,000 members all follow their inboxes on one node. */
export function audienceBenchmark(
  about: Pick<Benchmark, 'name' | 'title'> & { targets: [Target] },
  rhythm: Rhythm,
): Benchmark {
  return {
    ...about,
    against: 'a broadcaster in plain Node http that holds everything in memory and writes the same frames, no Redis',
    async run({ product, rounds }) {
      const service = await Service.start(product);
      const broadcaster = await Baseline.start('broadcaster');
      await service.makeUsers(SUBSCRIBERS);
      await service.makeGroup('all', SUBSCRIBERS);
      const sender = await Load.start();
      const audiences = [await follow(service.url), await follow(broadcaster.url)] as const;
      const redisPid = service.redis.pid;
      const comparison = await compare(
        rounds,
        () => deliver({ pid: service.node.pid, redisPid, url: service.url }, sender, audiences[0], rhythm),
        async () => ({
          redisCpuMicros: 0,
          ...(await deliver({ pid: broadcaster.pid, url: broadcaster.url }, sender, audiences[1], rhythm)),
        }),
      );
      for (const load of [sender, ...audiences]) load.stop();
      await broadcaster.stop();
      await service.stop();
      return { comparisons: [{ of: 'a delivery', comparison }] };
    },
  };
}

async function follow(url: string): Promise<Load> {
  const load = await Load.start();
  const streams = Array.from({ length: SUBSCRIBERS }, (_, i) => ({
    path: `/v1/users/u${i}/inbox/stream`,
    token: API_KEY,
  }));
  await load.do('subscribe', { url, streams });
  return load;
}

async function deliver(
  { url, ...processes }: { pid: number; redisPid?: number; url: string },
  sender: Load,
  audience: Load,
  { atOnce, times }: Rhythm,
): Promise<Sample> {
  const deliveries = times * atOnce * SUBSCRIBERS;
  let ms = 0;
  const cpu = await cpuPerUnit(processes, async () => {
    for (let i = 0; i < times; i++) {
      const arrived = audience.do('expect', { count: atOnce * SUBSCRIBERS });
      const sent = await sender.do('post', {
        url,
        connections: Math.min(50, atOnce),
        count: atOnce,
        requests: [
          {
            path: '/v1/users/u0/conversations/group:all/messages',
            token: API_KEY,
            body: `{"fields":{"text":"${TEXT}"},"clientMessageId":"bench-{n}"}`,
          },
        ],
      });
      if (sent.failures > 0) throw new Error(`a send failed: ${sent.failure}`);
      ms += (await arrived).ms;
    }
    return deliveries;
  });
  return { perSecond: (deliveries * 1_000) / ms, ...cpu };
}
