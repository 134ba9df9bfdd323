import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { cpuPerUnit } from './harness/measure.ts';
import { JWT_SECRET, Service } from './harness/service.ts';
import { median } from './harness/stats.ts';

const STREAMS = 1_000;

/** What it costs to open a stream, with a token that the service has not seen before. */
export const open: Benchmark = {
  name: 'open',
  title: '1,000 streams are opened, each with a token of its own',
  against: 'plain Node http that answers with an event stream and looks at nothing',
  targets: [{ figure: 'nodeCpuMicros', unit: 'µs of the node a stream', atMost: 3 }],
  async run({ product, rounds }) {
    const service = await Service.start(product);
    const plain = await Baseline.start('broadcaster');
    const floor = await Baseline.start('open-floor', { REDIS_PATH: service.redis.path, JWT_SECRET });
    await service.makeUsers(STREAMS);
    const load = await Load.start();
    const opened = async ({ processes, url }: Service | Baseline) => {
      const streams = await Promise.all(
        Array.from({ length: STREAMS }, async (_, i) => ({
          path: '/v1/users/me/inbox/stream',
          token: await service.token(`u${i}`),
        })),
      );
      const sample = await cpuPerUnit(processes, async () => {
        await load.do('subscribe', { url, streams });
        return STREAMS;
      });
      await load.do('close', undefined);
      return sample;
    };
    const floors: number[] = [];
    const comparison = await compare(
      rounds,
      () => opened(service),
      async () => {
        const sample = await opened(plain);
        floors.push((await opened(floor)).nodeCpuMicros!);
        return { redisCpuMicros: 0, ...sample };
      },
    );
    load.stop();
    await Promise.all([plain.stop(), floor.stop()]);
    await service.stop();
    // As elsewhere the first round warms up.
    const notes = {
      'µs of plain Node that looks at the token and asks Redis once, a stream': Math.round(median(floors.slice(1))),
    };
    return { comparisons: [{ of: 'a stream', comparison }], notes };
  },
};
