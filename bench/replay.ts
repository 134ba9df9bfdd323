import { Baseline } from './harness/baseline.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { measureReplay, pagesOf } from './harness/replay-pages.ts';
import { API_KEY, Service } from './harness/service.ts';
import { TEXT } from './harness/traffic.ts';

const BEHIND = 10_000;
const REPLAYS = 5;

/** A subscriber who is 10,000 messages behind. */
export const replay: Benchmark = {
  name: 'replay',
  title: `a subscriber ${BEHIND.toLocaleString('en')} messages behind`,
  against: 'a bare socket that reads the same entries and bodies by pipelined `XRANGE` and parses nothing',
  targets: [{ figure: 'perSecond', unit: 'messages/s', atLeast: 0.5 }],
  async run({ product, rounds }) {
    const service = await Service.start(product, { INBOX_MAX: String(4 * BEHIND) });
    await service.makeUsers(2);
    for (let sent = 0; sent < BEHIND; sent += 100) {
      const messages = Array.from({ length: 100 }, () => ({
        uid: 'u0',
        conversation: 'user:u1',
        fields: { text: TEXT },
      }));
      await service.call('POST', '/messages/batch', { messages });
    }
    const bare = await Baseline.start('replay', { REDIS_PATH: service.redis.path });
    const pages = await pagesOf(service.admin, 's:u1');
    const load = await Load.start();
    const streams = [{ path: '/v1/users/u1/inbox/stream?start=0', token: API_KEY }];
    const comparison = await compare(
      rounds,
      () =>
        measureReplay(service.node.pid, BEHIND, REPLAYS, async () => {
          const since = performance.now();
          await load.do('replay', { url: service.url, streams, count: BEHIND });
          return performance.now() - since;
        }),
      () => measureReplay(bare.pid, BEHIND, REPLAYS, async () => (await bare.ask<{ ms: number }>({ pages })).ms),
    );
    load.stop();
    await bare.stop();
    await service.stop();
    return { comparisons: [{ of: 'a message', comparison }] };
  },
};
