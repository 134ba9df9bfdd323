import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { cpuPerUnit } from './harness/measure.ts';
import { Returning } from './harness/returning.ts';
import { Service } from './harness/service.ts';

/** Everybody was away and comes back in the same moment. */
function stormBenchmark(about: Pick<Benchmark, 'name' | 'title' | 'targets'>, kind: 'group' | 'channel'): Benchmark {
  return {
    ...about,
    against: 'plain Node http that holds the hundred in memory and writes them at once',
    async run({ product, rounds }) {
      const service = await Service.start(product);
      const plain = await Baseline.start('broadcaster');
      const load = await Load.start();
      const returning = await Returning.leave(service, load, kind);
      for (const { url } of [service, plain]) await returning.miss(url);
      const comeBack = async ({ processes, url }: Service | Baseline) => {
        const streams = await returning.streams();
        let seconds = 0;
        const cpu = await cpuPerUnit(processes, async () => {
          seconds = await returning.comeBack(url, streams);
          return Returning.count;
        });
        return { ...cpu, seconds };
      };
      const comparison = await compare(
        rounds,
        () => comeBack(service),
        async () => ({ redisCpuMicros: 0, ...(await comeBack(plain)) }),
      );
      load.stop();
      await plain.stop();
      await service.stop();
      return { comparisons: [{ of: 'a stream', comparison }] };
    },
  };
}

export const storm: Benchmark = stormBenchmark(
  {
    name: 'storm',
    title: '1,000 come back at once, each to 100 messages that it has missed',
    targets: [{ figure: 'nodeCpuMicros', unit: 'µs of the node a stream', atMost: 6 }],
  },
  'group',
);

export const channelStorm: Benchmark = stormBenchmark(
  {
    name: 'channel-storm',
    title: '1,000 who follow a channel come back at once, each to 100 messages that it has missed',
    targets: [{ figure: 'nodeCpuMicros', unit: 'µs of the node a stream', atMost: 6 }],
  },
  'channel',
);
