import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { Returning } from './harness/returning.ts';
import { Service } from './harness/service.ts';
import { quantiles } from './harness/stats.ts';
import { inboxStreams, timedSends } from './harness/traffic.ts';

const LIVE = 100;
const RATE = 500;
/** They are sent within a quarter of a second: a storm takes longer. */
const MESSAGES = 125;

/** What those who are online notice of it when a thousand others come back. */
export const stormLive: Benchmark = {
  name: 'storm-live',
  title: `POST to event, ${RATE} messages/s among ${LIVE} who are online, while 1,000 others come back, each to 100 messages`,
  against: 'the same messages while the 1,000 come back to plain Node http on the same machine',
  targets: [{ figure: 'p99', unit: 'ms, p99', atMost: 4 }],
  async run({ product, rounds }) {
    const service = await Service.start(product);
    const plain = await Baseline.start('broadcaster');
    const [load, audience, sender] = [await Load.start(), await Load.start(), await Load.start()];
    const returning = await Returning.leave(service, load);
    for (const { url } of [service, plain]) await returning.miss(url);
    await service.makeUsers(Returning.count + LIVE);
    const live = Array.from({ length: LIVE }, (_, i) => `u${Returning.count + i}`);
    await audience.do('subscribe', { url: service.url, streams: inboxStreams(live) });
    const requests = timedSends(live);
    const meanwhile = async ({ url }: Service | Baseline) => {
      const coming = await returning.streams();
      // Sender and recipient both have an event.
      const arrived = audience.do('expect', { count: 2 * MESSAGES, latencies: true });
      const storm = returning.comeBack(url, coming);
      await sender.do('post', { url: service.url, connections: 50, count: MESSAGES, rate: RATE, requests });
      const [{ latencies }, seconds] = await Promise.all([arrived, storm]);
      return { ...quantiles(latencies), seconds };
    };
    const comparison = await compare(
      rounds,
      () => meanwhile(service),
      () => meanwhile(plain),
    );
    for (const one of [load, audience, sender]) one.stop();
    await plain.stop();
    await service.stop();
    return { comparisons: [{ of: 'a delivery', comparison }] };
  },
};
