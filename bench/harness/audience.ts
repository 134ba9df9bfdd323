import { Baseline } from './baseline.ts';
import type { Benchmark, Target } from './benchmark.ts';
import { compare, type Sample } from './compare.ts';
import { residentBytes } from './cpu.ts';
import { Load } from './load.ts';
import { cpuPerUnit, type Processes } from './measure.ts';
import { API_KEY, Service } from './service.ts';
import { TEXT } from './traffic.ts';

/** What one measurement sends to the group of all: so many messages at once, and that so many times. */
export interface Rhythm {
  atOnce: number;
  times: number;
}

/** Who hears what is sent to the group `all`: so many of its members, all on one node. */
export interface Audience {
  count: number;
  kind: 'group' | 'channel';
  /** The stream that the member of a number follows. */
  streamOf: (i: number) => string;
}

/** The members of a group, who follow their inboxes. */
export const INBOXES: Audience = { count: 1_000, kind: 'group', streamOf: (i) => `/v1/users/u${i}/inbox/stream` };

/** A benchmark of messages to all of an audience. */
export function audienceBenchmark(
  about: Pick<Benchmark, 'name' | 'title'> & { targets: [Target, ...Target[]] },
  rhythm: Rhythm,
  who: Audience = INBOXES,
): Benchmark {
  return {
    ...about,
    against: 'a broadcaster in plain Node http that holds everything in memory and writes the same frames, no Redis',
    async run({ product, rounds }) {
      const service = await Service.start(product);
      const broadcaster = await Baseline.start('broadcaster');
      await service.makeUsers(who.count);
      await service.makeGroup('all', who.count, who.kind);
      const sender = await Load.start();
      const audiences = [await follow(service.url, who), await follow(broadcaster.url, who)] as const;
      const comparison = await compare(
        rounds,
        () => deliver(service, sender, audiences[0], rhythm, who.count),
        async () => ({
          redisCpuMicros: 0,
          ...(await deliver(broadcaster, sender, audiences[1], rhythm, who.count)),
        }),
      );
      for (const load of [sender, ...audiences]) load.stop();
      await broadcaster.stop();
      const memory = Math.round(residentBytes(service.node.pid) / 1024 / 1024);
      await service.stop();
      return { comparisons: [{ of: 'a delivery', comparison }], notes: { 'MiB of the node at the end': memory } };
    },
  };
}

/** Opens the streams of an audience. */
export async function follow(url: string, { count, streamOf }: Audience): Promise<Load> {
  const load = await Load.start();
  const streams = Array.from({ length: count }, (_, i) => ({ path: streamOf(i), token: API_KEY }));
  await load.do('subscribe', { url, streams });
  return load;
}

/** Sends to the group of all, and tells how fast that came to everybody, and the CPU time of one delivery. */
export async function deliver(
  { url, processes }: { url: string; processes: Processes },
  sender: Load,
  audience: Load,
  { atOnce, times }: Rhythm,
  subscribers: number,
): Promise<Sample> {
  const deliveries = times * atOnce * subscribers;
  let ms = 0;
  const cpu = await cpuPerUnit(processes, async () => {
    for (let i = 0; i < times; i++) {
      const arrived = audience.do('expect', { count: atOnce * subscribers });
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
