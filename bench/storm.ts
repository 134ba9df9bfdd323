import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { cpuPerUnit } from './harness/measure.ts';
import { API_KEY, Service } from './harness/service.ts';
import { TEXT } from './harness/traffic.ts';

const STREAMS = 1_000;
const MISSED = 100;

/** Everybody was away and comes back in the same moment, as after the end of a node or of a proxy. */
export const storm: Benchmark = {
  name: 'storm',
  title: '1,000 come back at once, each to 100 messages that it has missed',
  against: 'plain Node http that holds the hundred in memory and writes them at once',
  targets: [{ figure: 'nodeCpuMicros', unit: 'µs of the node a stream', atMost: 6 }],
  async run({ product, rounds }) {
    const service = await Service.start(product);
    const plain = await Baseline.start('broadcaster');
    await service.makeUsers(STREAMS);
    await service.makeGroup('all', STREAMS);
    const cursors = await Promise.all(
      Array.from({ length: STREAMS }, async (_, i) => {
        const [newest] = await service.admin.xrevrange(`s:u${i}`, '+', '-', 'COUNT', 1);
        return newest![0];
      }),
    );
    const load = await Load.start();
    for (const url of [service.url, plain.url]) {
      const path = '/v1/users/u0/conversations/group:all/messages';
      const requests = [{ path, token: API_KEY, body: `{"fields":{"text":"${TEXT}"}}` }];
      await load.do('post', { url, connections: 1, count: MISSED, requests });
    }
    const comeBack = async ({ processes, url }: Service | Baseline) => {
      const streams = await Promise.all(
        cursors.map(async (cursor, i) => ({
          path: `/v1/users/me/inbox/stream?start=${cursor}`,
          token: await service.token(`u${i}`),
        })),
      );
      let seconds = 0;
      const cpu = await cpuPerUnit(processes, async () => {
        const { ms } = await load.do('replay', { url, streams, atOnce: STREAMS, count: STREAMS * MISSED });
        seconds = ms / 1_000;
        return STREAMS;
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
