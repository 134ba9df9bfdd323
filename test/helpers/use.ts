import { after, afterEach, before, beforeEach } from 'node:test';
import type { AppOptions } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import type { DeliveryOptions } from '../../src/delivery/delivery.ts';
import { startNode, type TestNode } from './delivery.ts';
import { type Im, startIm } from './im.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from './redis.ts';
import { type Service, startService } from './service.ts';

/**
 * What a test file works with, started and stopped by hooks. The objects are there at once, for what the file declares
 * beside its tests, and are filled before the first test, or before each.
 */

export interface UseServiceOptions {
  /** Settings that differ from those of the tests. */
  config?: Partial<Config>;
  app?: AppOptions;
  /** A service of its own for each test; by default one serves all of the file. */
  each?: boolean;
  redis?: TestRedisOptions;
  /** Makes what the tests find there. (A `before` of the file would not wait for ours.) */
  prepare?(service: Service): Promise<unknown>;
}

/** The whole service on a real Redis and a real port. */
export function useService({ config = {}, app, each = false, redis: redisOptions, prepare }: UseServiceOptions = {}) {
  const redis = {} as TestRedis;
  const service = {} as Service;
  let close: (() => Promise<void>) | undefined;
  const start = async () => {
    fill(service, await startService(redis, config, app));
    close = service.close;
    await prepare?.(service);
  };
  before(async () => {
    fill(redis, await startRedis(redisOptions));
    if (!each) await start();
  });
  if (each) {
    beforeEach(start);
    afterEach(() => close?.());
  }
  // In one hook: the service ends before its Redis.
  after(async () => {
    await close?.();
    await redis.stop?.();
  });
  return { redis, service };
}

/** Two nodes of the service on one real Redis. @param config settings that differ from those of the tests */
export function useTwoNodes(config: Partial<Config> = {}) {
  const redis = {} as TestRedis;
  const [one, other] = [{} as Service, {} as Service];
  before(async () => {
    fill(redis, await startRedis());
    fill(one, await startService(redis, config));
    fill(other, await startService(redis, { ...config, keyPrefix: one.config.keyPrefix }));
  });
  after(async () => {
    await one.close?.();
    await other.close?.();
    await redis.stop?.();
  });
  return { redis, one, other };
}

/** The IM rules on a real Redis, without HTTP; anew for each test. @param ending what has to end before them */
export function useIm(ending?: () => Promise<void>) {
  const server = {} as TestRedis;
  const im = {} as Im;
  before(async () => fill(server, await startRedis()));
  beforeEach(async () => fill(im, await startIm(server)));
  afterEach(async () => {
    await ending?.();
    im.close?.();
  });
  after(() => server.stop?.());
  return { server, im };
}

/** The same, and a node that delivers; and further ones, which end with it. */
export function useNode(options: Partial<DeliveryOptions> = {}) {
  const nodes: TestNode[] = [];
  const { server, im } = useIm(async () => {
    for (const one of nodes.splice(0)) await one.stop();
  });
  const anotherNode = async (more: Partial<DeliveryOptions> = {}) => {
    const started = await startNode(server, im, more);
    nodes.push(started);
    return started;
  };
  const node = {} as TestNode;
  beforeEach(async () => fill(node, await anotherNode(options)));
  return { im, node, anotherNode };
}

/** Getters stay getters: a Redis that was started again has another process id. */
function fill<Target extends object>(target: Target, started: Target): void {
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(started));
}
