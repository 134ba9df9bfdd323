import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import { API_KEY, Service } from './harness/service.ts';
import { measurePosts, TEXT } from './harness/traffic.ts';

const PAGE = 50;

/** A page of 50 of a conversation in which everything was edited and reacted to, and some of it erased. */
export const history: Benchmark = {
  name: 'history',
  title: `a page of ${PAGE} messages that were all edited and reacted to, and a tenth erased, 10 connections`,
  against: 'the same page of messages that nothing was changed of',
  targets: [{ figure: 'perSecond', unit: 'pages/s', atLeast: 0.4 }],
  async run({ product, rounds, seconds }) {
    const service = await Service.start(product);
    await service.makeUsers(3);
    for (const peer of ['u1', 'u2']) await fill(service, peer);
    await change(service);
    const load = await Load.start();
    const pages = (peer: string) => ({
      url: service.url,
      connections: 10,
      ms: seconds * 1_000,
      requests: [
        {
          method: 'GET' as const,
          path: `/v1/users/u0/conversations/user:${peer}/messages?limit=${PAGE}`,
          token: API_KEY,
          body: '',
        },
      ],
    });
    const { processes } = service;
    const comparison = await compare(
      rounds,
      () => measurePosts(load, processes, pages('u2')),
      () => measurePosts(load, processes, pages('u1')),
    );
    load.stop();
    await service.stop();
    return { comparisons: [{ of: 'a page', comparison }] };
  },
};

async function fill(service: Service, peer: string): Promise<void> {
  const message = { uid: 'u0', conversation: `user:${peer}`, fields: { text: TEXT } };
  await service.call('POST', '/messages/batch', { messages: Array.from({ length: 2 * PAGE }, () => message) });
}

/** Of the chat with u2. */
async function change(service: Service): Promise<void> {
  const messages = '/users/u0/conversations/user:u2/messages';
  const { items } = (await service.call('GET', `${messages}?limit=100`)) as { items: { id: string }[] };
  for (const [i, { id }] of items.entries()) {
    await service.call('PATCH', `${messages}/${id}`, { fields: { text: `${TEXT} (edited)` } });
    await service.call('PUT', `/users/u2/conversations/user:u0/messages/${id}/reactions/ok`);
    if (i % 10 === 0) await service.call('DELETE', `${messages}/${id}`);
  }
}
