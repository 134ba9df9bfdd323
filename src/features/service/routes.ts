import { Registry } from 'prom-client';
import Type from 'typebox';
import type { Delivery } from '../../delivery/delivery.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import type { RedisPing } from './redis-ping.ts';
import { Health, Readiness } from './schemas.ts';

/** The feed is read at least once a second, so that this silence means that it isn't. */
const FEED_SILENCE_MS = 5_000;

/** For those who run the service: is it up, can it work, what is it doing, what is its API. */
export function serviceRoutes(
  app: App,
  {
    pings: [redis, ...others],
    delivery,
    metrics,
  }: { pings: readonly RedisPing[]; delivery: Delivery; metrics: () => Promise<string> },
): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      logLevel: 'warn',
      schema: {
        operationId: 'getHealth',
        tags: ['service'],
        summary: 'Is the process up?',
        description: 'Public. Says nothing of Redis: restart the process if this fails.',
        response: { 200: { description: 'It is.', ...ref(Health) } },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      logLevel: 'warn',
      schema: {
        operationId: 'getReadiness',
        tags: ['service'],
        summary: 'Can the service work?',
        description:
          'Public. 503 says why not: Redis is away, the feed is not read, or the service is stopping. In a cluster that is the partition ' +
          'of the default space, which has what is set up for all spaces; `away` names others that are away, whose spaces get 503.',
        response: {
          200: { description: 'It can.', ...ref(Readiness) },
          503: { description: 'It can not; `reasons` says why.', ...ref(Readiness) },
        },
      },
    },
    async (_request, reply) => {
      const [reasons, away] = await Promise.all([whyNotReady(redis!, delivery), thoseAway(others, delivery)]);
      const status = reasons.length === 0 ? 'ready' : 'not_ready';
      const body = { status, reasons, ...(others.length > 0 ? { away } : {}) } as const;
      return reply.status(reasons.length === 0 ? 200 : 503).send(body);
    },
  );

  app.get(
    '/metrics',
    {
      config: { access: 'public' },
      logLevel: 'warn',
      schema: {
        operationId: 'getMetrics',
        tags: ['service'],
        summary: 'What the service is doing, for Prometheus',
        description: 'Public: keep it off the internet at your proxy. Counts and times only, no names.',
        response: {
          200: { description: 'Metrics.', content: { 'text/plain': { schema: Type.String() } } },
        },
      },
    },
    async (_request, reply) => {
      return reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await metrics());
    },
  );

  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
}

/** The names of the partitions that can't be worked with. */
async function thoseAway(others: readonly RedisPing[], delivery: Delivery): Promise<string[]> {
  const isAway = async (one: RedisPing) =>
    delivery.feedLagMs(one.partition) > FEED_SILENCE_MS ||
    (await one.ping().then(
      () => false,
      () => true,
    ));
  const away = await Promise.all(others.map(isAway));
  return others.flatMap(({ partition }, i) => (away[i] ? [partition] : []));
}

async function whyNotReady(redis: RedisPing, delivery: Delivery): Promise<string[]> {
  const reasons: string[] = [];
  if (delivery.hub.draining) reasons.push('The service is stopping.');
  try {
    await redis.ping();
  } catch (error) {
    reasons.push(`Redis does not answer: ${(error as Error).message}.`);
  }
  const lagMs = delivery.feedLagMs();
  if (lagMs > FEED_SILENCE_MS) reasons.push(`The feed was last read ${Math.round(lagMs / 1_000)} s ago.`);
  return reasons;
}
