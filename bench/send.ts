import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { cpuMicros } from './harness/cpu.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { directSends } from './harness/traffic.ts';

/** POST of a direct message over 50 connections, against a bare route that does one XADD. */
export const send: Benchmark = {
  name: 'send',
  title: 'POST of a direct message, 50 connections',
  against: 'a bare Fastify route with the same schema that does one `XADD`',
  figure: 'requestsPerSecond',
  atLeast: 0.9,
  async run({ product, rounds, seconds }) {
    const service = await Service.start(product);
    const bare = await Baseline.start('bare-route', { REDIS_PATH: service.redis.path });
    const load = await Load.start();
    await service.makeUsers(1_000);
    const requests = await directSends(service, { senders: 50, users: 1_000 });
    const measure = async ({ url, pid }: { url: string; pid: number }): Promise<Sample> => {
      const before = [cpuMicros(pid), cpuMicros(service.redis.pid)] as const;
      const done = await load.do('post', { url, connections: 50, ms: seconds * 1_000, requests });
      if (done.failures > 0) throw new Error(`${done.failures} requests failed: ${done.failure}`);
      return {
        requestsPerSecond: (done.requests / done.ms) * 1_000,
        nodeCpuMicros: (cpuMicros(pid) - before[0]) / done.requests,
        redisCpuMicros: (cpuMicros(service.redis.pid) - before[1]) / done.requests,
      };
    };
    const comparison = await compare(
      rounds,
      () => measure({ url: service.url, pid: service.node.pid }),
      () => measure(bare),
    );
    load.stop();
    await bare.stop();
    await service.stop();
    return comparison;
  },
};
