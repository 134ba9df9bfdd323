import { type Audience, audienceBenchmark } from './harness/audience.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { measurePosts, TEXT } from './harness/traffic.ts';

const viewers = (count: number): Audience => ({
  count,
  kind: 'channel',
  streamOf: (i) => `/v1/users/u${i}/conversations/group:all/stream`,
});

/** 200 messages at once to 1,000 who follow a channel on one node. */
export const channel = audienceBenchmark(
  {
    name: 'channel',
    title: '200 messages of a channel at once to the same 1,000, who follow it',
    targets: [
      { figure: 'perSecond', unit: 'deliveries/s', atLeast: 2 },
      { figure: 'nodeCpuMicros', unit: 'µs of the node a delivery', atMost: 1 },
    ],
  },
  { atOnce: 200, times: 1 },
  viewers(1_000),
);

/** The same to 5,000. */
export const largeChannel = audienceBenchmark(
  {
    name: 'channel-5000',
    title: '200 messages of a channel at once to the same 5,000, who follow it',
    targets: [{ figure: 'perSecond', unit: 'deliveries/s', atLeast: 2 }],
  },
  { atOnce: 200, times: 1 },
  viewers(5_000),
);

const FEW = 10;

/** What a send costs by the number of members, of whom nobody is here. */
export const channelSizes: Benchmark = {
  name: 'channel-sizes',
  title: 'POST of messages to a channel of 1,000 and of 100,000 members, 50 connections',
  against: 'a channel of 10, in the same run',
  targets: [
    { figure: 'redisCpuMicros', unit: 'µs of Redis a send', atMost: 1.1 },
    { figure: 'nodeCpuMicros', unit: 'µs of the node a send', atMost: 1.1 },
  ],
  async run({ product, rounds, seconds, isShort }) {
    const service = await Service.start(product);
    const load = await Load.start();
    await service.makeUsers(1);
    const token = await service.token('u0');
    const { processes } = service;
    const sends = (gid: string) => {
      const path = `/v1/users/u0/conversations/group:${gid}/messages`;
      const requests = [{ path, token, body: `{"fields":{"text":"${TEXT}"},"clientMessageId":"${gid}-{n}"}` }];
      return measurePosts(load, processes, { url: service.url, connections: 50, ms: seconds * 1_000, requests });
    };
    const make = async (size: number) => {
      const gid = `of-${size}`;
      await service.makeGroup(gid, 1, 'channel');
      // By the keys: joining one by one would take longer than all the rest.
      for (let first = 1; first < size; first += 10_000) {
        const some = Array.from({ length: Math.min(10_000, size - first) }, (_, i) => `m${first + i}`);
        await service.admin.sadd(`gm:${gid}`, ...some);
      }
      return gid;
    };
    const few = await make(FEW);
    const comparisons = [];
    for (const size of isShort ? [1_000] : [1_000, 100_000]) {
      const many = await make(size);
      const comparison = await compare(
        rounds,
        () => sends(many),
        () => sends(few),
      );
      comparisons.push({ of: `a send to ${size}`, comparison });
    }
    load.stop();
    await service.stop();
    return { comparisons };
  },
};
