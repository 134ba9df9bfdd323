import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { directSends, measurePosts } from './harness/traffic.ts';

/** POST of a direct message over 50 connections, against a bare route that does one XADD. */
export const send: Benchmark = {
  name: 'send',
  title: 'POST of a direct message, 50 connections',
  against: 'a bare Fastify route with the same schema that does one `XADD`',
  targets: [{ figure: 'perSecond', unit: 'requests/s', atLeast: 0.6 }],
  async run({ product, rounds, seconds }) {
    const service = await Service.start(product);
    const bare = await Baseline.start('bare-route', { REDIS_PATH: service.redis.path });
    const load = await Load.start();
    await service.makeUsers(1_000);
    const requests = await directSends(service, { senders: 50, users: 1_000 });
    const { processes } = service;
    const task = { connections: 50, ms: seconds * 1_000, requests };
    const comparison = await compare(
      rounds,
      () => measurePosts(load, processes, { ...task, url: service.url }),
      () => measurePosts(load, { ...processes, ...bare.processes }, { ...task, url: bare.url }),
    );
    load.stop();
    await bare.stop();
    await service.stop();
    return { comparisons: [{ of: 'a send', comparison }] };
  },
};
