import type { Benchmark } from './harness/benchmark.ts';
import { compare } from './harness/compare.ts';
import { Load } from './harness/load.ts';
import type { PostTask } from './harness/post.ts';
import { Service } from './harness/service.ts';
import { directSends, measurePosts, TEXT } from './harness/traffic.ts';

const ADMIN_KEY = 'bench-admin-key-0123456789';
const USERS = 10;

/** Sends spread evenly over many spaces, against as many senders in one. Those of one turn share calls in both; here hardly two of a call are of one space. */
export const spaces: Benchmark = {
  name: 'spaces',
  title: 'POST of direct messages spread over 1,000 spaces of 10 users each, 50 connections',
  against: 'as many senders, of as many users, in the default space of the same service',
  targets: [
    { figure: 'nodeCpuMicros', unit: 'µs CPU of the node a send', atMost: 1.25 },
    { figure: 'redisCpuMicros', unit: 'µs CPU of Redis a send', atMost: 1.25 },
  ],
  async run({ product, rounds, seconds, isShort }) {
    const count = isShort ? 100 : 1_000;
    const service = await Service.start(product, { SPACES: 'on', ADMIN_KEYS: ADMIN_KEY });
    const load = await Load.start();
    await service.makeUsers(count * USERS);
    const inOne = await directSends(service, { senders: count, users: count * USERS });
    const inMany = await sendsInSpaces(service, count);
    const { processes } = service;
    const task = { connections: 50, ms: seconds * 1_000, url: service.url };
    const comparison = await compare(
      rounds,
      () => measurePosts(load, processes, { ...task, requests: inMany }),
      () => measurePosts(load, processes, { ...task, requests: inOne }),
    );
    load.stop();
    await service.stop();
    return { comparisons: [{ of: `a send, ${count} spaces`, comparison }] };
  },
};

/** A direct message of one user in each of so many spaces. */
async function sendsInSpaces(service: Service, count: number): Promise<PostTask['requests']> {
  const requests: PostTask['requests'] = [];
  for (let i = 0; i < count; i++) {
    const { serverKey } = await call<{ serverKey: string }>(service, ADMIN_KEY, 'PUT', `/spaces/s${i}`, {});
    const people = Array.from({ length: USERS }, (_, k) => `u${k}`);
    await Promise.all(people.map((uid) => call(service, serverKey, 'PUT', `/users/${uid}`, { fields: { name: uid } })));
    const { token } = await call<{ token: string }>(service, serverKey, 'POST', '/tokens', { uid: 'u0' });
    requests.push({
      path: '/v1/users/me/conversations/user:u1/messages',
      token,
      body: `{"fields":{"text":"${TEXT}"},"clientMessageId":"bench-{n}"}`,
    });
  }
  return requests;
}

async function call<Answer>(
  { url }: Service,
  credential: string,
  method: string,
  path: string,
  body: object,
): Promise<Answer> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
