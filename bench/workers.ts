import { setTimeout } from 'node:timers/promises';
import { deliver, follow, INBOXES } from './harness/audience.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { openSockets } from './harness/cpu.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { directSends, measurePosts } from './harness/traffic.ts';

const WORKERS = 2;
const USERS = INBOXES.count;
const CONNECTIONS = 50;
const BURST = { atOnce: 200, times: 1 };

/**
 * Workers of one port against one node. Each reads the whole feed, which is what they cost beside; how much faster they are, a
 * machine tells only that has cores left for them.
 */
export const workers: Benchmark = {
  name: 'workers',
  title: `the same load on ${WORKERS} workers of one port, ${CONNECTIONS} connections and ${USERS.toLocaleString('en')} SSE subscribers`,
  against: 'one node',
  targets: [{ figure: 'nodeCpuMicros', unit: 'µs CPU of all processes of the node', atMost: 1.2 }],
  async run({ product, rounds, seconds }) {
    const [many, one] = [await Service.start(product, { WORKERS: String(WORKERS) }), await Service.start(product)];
    const load = await Load.start();
    const notes: Record<string, string> = {};

    const sends = async (service: Service): Promise<Sample> => {
      const requests = await directSends(service, { senders: CONNECTIONS, users: USERS });
      const task = { url: service.url, connections: CONNECTIONS, ms: seconds * 1_000, requests };
      const spread = connectionsWithin(service, () => setTimeout(task.ms / 2));
      const sample = await measurePosts(load, service.processes, task);
      notes[`connections of ${nameOf(service)}, sends`] = mustBeSpread(await spread, CONNECTIONS);
      return sample;
    };
    for (const service of [many, one]) await service.makeUsers(USERS);
    const ofSends = await compare(
      rounds,
      () => sends(many),
      () => sends(one),
    );

    const audiences = new Map<Service, Load>();
    for (const service of [many, one]) {
      await service.makeGroup('all', USERS);
      const spread = await connectionsWithin(service, async () => {
        audiences.set(service, await follow(service.url, INBOXES));
      });
      notes[`connections of ${nameOf(service)}, subscribers`] = mustBeSpread(spread, USERS);
    }
    const burst = (service: Service) => deliver(service, load, audiences.get(service)!, BURST, USERS);
    const ofDeliveries = await compare(
      rounds,
      () => burst(many),
      () => burst(one),
    );

    for (const process of [load, ...audiences.values()]) process.stop();
    for (const service of [many, one]) await service.stop();
    return {
      comparisons: [
        { of: `a direct send over ${CONNECTIONS} connections, ${WORKERS} workers of one port`, comparison: ofSends },
        {
          of: `a delivery of ${BURST.atOnce} messages at once to ${USERS} subscribers of both`,
          comparison: ofDeliveries,
        },
      ],
      notes,
    };
  },
};

function nameOf({ listening }: Service): string {
  return listening.length > 1 ? 'each worker' : 'the node';
}

/** How many connections each process that listens has taken while something was done. */
async function connectionsWithin({ listening }: Service, done: () => Promise<unknown>): Promise<number[]> {
  const before = listening.map(openSockets);
  await done();
  return listening.map((pid, i) => openSockets(pid) - before[i]!);
}

/** @throws Error where one process has less than half of its share: workers would be measured that do nothing */
function mustBeSpread(taken: readonly number[], connections: number): string {
  const share = connections / taken.length;
  if (taken.some((count) => count < share / 2)) throw new Error(`connections are not spread: ${taken.join(', ')}`);
  return taken.join(' and ');
}
