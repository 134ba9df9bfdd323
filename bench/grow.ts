import { Redis } from 'ioredis';
import { logOf, withUser } from '../src/domain/conversations.ts';
import type { Uid } from '../src/domain/names.ts';
import { sendMany } from '../src/features/messages/commands.ts';
import { putUser } from '../src/features/users/commands.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { compare, type Sample } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { Service } from './harness/service.ts';
import { storeOn } from './harness/store.ts';
import { directSends, measurePosts, TEXT } from './harness/traffic.ts';

const FEW = 1_000;
const MANY = [100_000, 1_000_000];

/** Sends where few and where many users are stored, each of whom has written once. */
export const grow: Benchmark = {
  name: 'grow',
  title: 'sends with 100,000 and 1,000,000 users stored, each of whom has sent a message',
  against: 'itself with 1,000',
  targets: [{ figure: 'cpuMicros', unit: 'µs of node and Redis a send', atMost: 1.15 }],
  async run({ product, rounds, seconds, isShort }) {
    const few = await Service.start(product);
    await populate(few, 0, FEW);
    const many = await Service.start(product);
    const load = await Load.start();
    const measure = async (service: Service, users: number): Promise<Sample> => {
      const requests = await directSends(service, { senders: 1_000, users });
      const { processes } = service;
      const task = { url: service.url, connections: 50, ms: seconds * 1_000, requests };
      const sample = await measurePosts(load, processes, task);
      return { cpuMicros: sample.nodeCpuMicros! + sample.redisCpuMicros!, ...sample };
    };
    const comparisons = [];
    const notes: Record<string, number> = {};
    let stored = 0;
    for (const users of isShort ? MANY.slice(0, 1) : MANY) {
      const bytes = await populate(many, stored, users);
      notes[`bytes a user, ${users.toLocaleString('en')} stored`] = Math.round(bytes.perUser);
      notes[`bytes a message, ${users.toLocaleString('en')} stored`] = Math.round(bytes.perMessage);
      stored = users;
      const comparison = await compare(
        // What is allowed is little more than two rounds differ by.
        2 * rounds,
        () => measure(many, users),
        () => measure(few, FEW),
      );
      comparisons.push({ of: `a send, ${users.toLocaleString('en')} users`, comparison });
    }
    load.stop();
    await few.stop();
    await many.stop();
    return { comparisons, notes };
  },
};

/** Makes users `from` … `to` - 1, each with a name, and has each send one message to the next: by the service's own scripts. */
async function populate(service: Service, from: number, to: number): Promise<{ perUser: number; perMessage: number }> {
  const redis = new Redis({ path: service.redis.path });
  const store = storeOn(redis);
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);
  const eachHundred = async (make: (some: number[]) => Promise<unknown>) => {
    for (let first = from; first < to; first += 100) {
      await make(Array.from({ length: Math.min(100, to - first) }, (_, i) => first + i));
    }
  };
  const uidOf = (i: number) => `u${i}` as Uid;
  const before = await used();
  await eachHundred((some) =>
    Promise.all(
      some.map((i) =>
        store.run(putUser, {
          uid: uidOf(i),
          mode: 'replace',
          fields: { pairs: ['name', `User number ${i}`], removed: [] },
        }),
      ),
    ),
  );
  const withUsers = await used();
  await eachHundred(async (some) => {
    const replies = await store.run(
      sendMany,
      some.map((i) => {
        const conversation = withUser(uidOf(i + 1 < to ? i + 1 : from));
        const sending = {
          from: uidOf(i),
          conversation,
          log: logOf(uidOf(i), conversation),
          clientMessageId: 'first',
          shownClientMessageId: 'first',
          digest: 'd',
          ttlMs: 3_600_000,
          replyTo: '' as const,
          mentions: [],
          silent: false,
          attachments: [],
          pairs: ['text', TEXT],
        };
        return { keys: store.keys, sending };
      }),
    );
    const wrong = replies.find(({ outcome }) => outcome !== 'sent');
    if (wrong) throw new Error(JSON.stringify(wrong));
  });
  const withMessages = await used();
  redis.disconnect();
  return { perUser: (withUsers - before) / (to - from), perMessage: (withMessages - withUsers) / (to - from) };
}
