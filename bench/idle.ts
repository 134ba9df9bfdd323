import { setTimeout } from 'node:timers/promises';
import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { residentBytes } from './harness/cpu.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { inboxStreams } from './harness/traffic.ts';

/** What 10,000 people who only listen cost in memory. */
export const idle: Benchmark = {
  name: 'idle',
  title: '10,000 idle SSE subscribers',
  against: 'plain Node http with 10,000 open event streams',
  targets: [{ figure: 'kibPerStream', unit: 'KiB a stream', atMost: 1.4 }],
  async run({ product, isShort }) {
    const streams = isShort ? 2_000 : 10_000;
    const connections: number[] = [];
    const comparison = await compare(
      2,
      async () => {
        const service = await Service.start(product);
        await service.makeUsers(streams);
        const countConnections = async () =>
          Number(/connected_clients:(\d+)/.exec(await service.admin.info('clients'))![1]);
        const before = await countConnections();
        const sample = await grownBy(service.node.pid, service.url, streams);
        connections.push((await countConnections()) - before);
        await service.stop();
        return sample;
      },
      async () => {
        const plain = await Baseline.start('broadcaster');
        const sample = await grownBy(plain.pid, plain.url, streams);
        await plain.stop();
        return sample;
      },
    );
    return {
      comparisons: [{ of: 'a stream', comparison }],
      notes: { streams, 'Redis connections more than without them': Math.max(...connections) },
    };
  },
};

async function grownBy(pid: number, url: string, count: number): Promise<{ kibPerStream: number }> {
  const load = await Load.start();
  // The first hundred bring in the code and the buffers that all share.
  const streams = inboxStreams(Array.from({ length: count }, (_, i) => `u${i}`));
  await load.do('subscribe', { url, streams: streams.slice(0, 100) });
  await setTimeout(3_000);
  const before = residentBytes(pid);
  await load.do('subscribe', { url, streams: streams.slice(100) });
  await setTimeout(5_000);
  const kibPerStream = (residentBytes(pid) - before) / 1_024 / (count - 100);
  load.stop();
  return { kibPerStream };
}
