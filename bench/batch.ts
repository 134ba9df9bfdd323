import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { API_KEY, Service } from './harness/service.ts';
import { median } from './harness/stats.ts';
import { directSends, measurePosts, TEXT } from './harness/traffic.ts';

const USERS = 1_000;
const IN_A_BATCH = 100;
const CONNECTIONS = 4;

/** A hundred sends in each request, against one. */
export const batch: Benchmark = {
  name: 'batch',
  title: `${IN_A_BATCH} sends a request, ${CONNECTIONS} connections`,
  against: "the service's own single sends, 50 connections",
  targets: [{ figure: 'perSecond', unit: 'messages/s', atLeast: 3 }],
  async run({ product, rounds, seconds }) {
    const service = await Service.start(product);
    const load = await Load.start();
    await service.makeUsers(USERS);
    const singles = await directSends(service, { senders: 50, users: USERS });
    const batches = Array.from({ length: CONNECTIONS }, (_, i) => batchOf(i));
    const { processes } = service;
    const task = { url: service.url, ms: seconds * 1_000 };
    const comparison = await compare(
      rounds,
      () => measurePosts(load, processes, { ...task, connections: CONNECTIONS, requests: batches }, IN_A_BATCH),
      () => measurePosts(load, processes, { ...task, connections: 50, requests: singles }),
    );
    load.stop();
    await service.stop();
    const shares = comparison.rounds.map(
      ({ product: { perSecond, redisCpuMicros } }) => (perSecond! * redisCpuMicros!) / 1e6,
    );
    const notes = { 'how busy the one core of Redis is': median(shares).toFixed(2) };
    return { comparisons: [{ of: 'a message', comparison }], notes };
  },
};

function batchOf(connection: number) {
  const messages = Array.from({ length: IN_A_BATCH }, (_, i) => {
    const uid = (connection * IN_A_BATCH + i) % USERS;
    return {
      uid: `u${uid}`,
      conversation: `user:u${(uid + 1) % USERS}`,
      fields: { text: TEXT },
      clientMessageId: `batch-{n}-${i}`,
    };
  });
  return { path: '/v1/messages/batch', token: API_KEY, body: JSON.stringify({ messages }) };
}
