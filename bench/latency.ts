import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Benchmark } from './harness/benchmark.ts';
import type { Comparison } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { quantiles, spreadOf } from './harness/stats.ts';
import { inboxStreams, timedSends } from './harness/traffic.ts';

const USERS = 1_000;
const RATE = 500;

/** From the moment a POST is written to the moment its event is read, with 500 messages a second and 1,000 people online. */
export const latency: Benchmark = {
  name: 'latency',
  title: `POST to event, ${RATE} messages/s, ${USERS} people online`,
  against: 'a `PING` of Redis over loopback TCP, in the same seconds',
  targets: [{ figure: 'p99', unit: 'ms, p99', atMost: 5 }],
  async run({ product, rounds, seconds }) {
    const port = await freePort();
    const service = await Service.start(product, {}, ['--port', String(port)]);
    await service.makeUsers(USERS);
    const audience = await Load.start();
    const sender = await Load.start();
    const users = Array.from({ length: USERS }, (_, i) => `u${i}`);
    await audience.do('subscribe', { url: service.url, streams: inboxStreams(users) });
    const requests = timedSends(users);
    const ping = new Redis(port);
    const measured: Comparison['rounds'] = [];
    for (let round = 0; round <= rounds; round++) {
      const count = RATE * seconds * 2;
      // Sender and recipient both have an event.
      const arrived = audience.do('expect', { count: 2 * count, latencies: true });
      const pings = pingUntil(ping, arrived);
      const sent = await sender.do('post', { url: service.url, connections: 50, count, rate: RATE, requests });
      if (sent.failures > 0) throw new Error(`a send failed: ${sent.failure}`);
      const { latencies } = await arrived;
      const pair = { product: quantiles(latencies), baseline: quantiles(await pings) };
      if (round > 0) measured.push(pair);
    }
    ping.disconnect();
    for (const load of [audience, sender]) load.stop();
    await service.stop();
    return { comparisons: [{ of: 'a delivery', comparison: summary(measured) }] };
  },
};

function summary(rounds: Comparison['rounds']): Comparison {
  const names = ['p50', 'p99'] as const;
  const collect = (of: (round: (typeof rounds)[number], name: string) => number) =>
    Object.fromEntries(names.map((name) => [name, spreadOf(rounds.map((round) => of(round, name)))]));
  return {
    rounds,
    product: collect(({ product }, name) => product[name]!),
    baseline: collect(({ baseline }, name) => baseline[name]!),
    ratio: collect(({ product, baseline }, name) => product[name]! / baseline[name]!),
  };
}

/** A PING every 10 ms, how long each took in ms. */
async function pingUntil(redis: Redis, end: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  end.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  while (!isOver) {
    const since = performance.now();
    await redis.ping();
    times.push(performance.now() - since);
    await setTimeout(10);
  }
  return times;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
