import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import type { Config } from './config/config.ts';
import { Delivery } from './delivery/delivery.ts';
import { NO_PRESENCE } from './delivery/presence.ts';
import { FilesJanitor } from './features/files/janitor.ts';
import { openFileStore } from './features/files/open-file-store.ts';
import { EntryCache } from './features/messages/entry-cache.ts';
import { Senders } from './features/messages/sender.ts';
import { BeforeSend } from './features/moderation/before-send.ts';
import { Keeper, type KeeperOptions } from './features/presence/keeper.ts';
import { WebPush } from './features/push/web-push.ts';
import { RedisPing } from './features/service/redis-ping.ts';
import { SpaceJanitor } from './features/spaces/janitor.ts';
import { Moves } from './features/spaces/moves.ts';
import { issuerName } from './features/spaces/space-record.ts';
import { Spaces } from './features/spaces/spaces.ts';
import { registerAuth } from './http/auth/auth.ts';
import type { App } from './http/fastify.ts';
import { createMetrics } from './http/metrics.ts';
import { components } from './http/openapi/component.ts';
import { registerDocs, registerSwagger } from './http/openapi/swagger.ts';
import { PAGE_FOLDER, registerPage } from './http/page.ts';
import { registerFramedRequests } from './http/plugins/framed-requests.ts';
import { registerRequestLog } from './http/plugins/logging.ts';
import { registerProblems } from './http/plugins/problem.ts';
import { registerRateLimit } from './http/plugins/rate-limit.ts';
import { registerSecurity } from './http/plugins/security.ts';
import { registerShutdown } from './http/plugins/shutdown.ts';
import { registerUpgrade } from './http/plugins/upgrade.ts';
import { createServer } from './http/server.ts';
import { SpacesHere } from './http/spaces-here.ts';
import { registerNewcomers } from './http/streams/newcomers.ts';
import { FEED_BLOCK_MS, type RedisLink } from './redis/connection/link.ts';
import { openStore, preparePartition } from './redis/open-store.ts';
import { registerRoutes } from './routes.ts';
import { Workers, type WorkersOptions } from './workers/workers.ts';

/** {@link AppOptions.stallMs}. */
const STALL_MS = 120_000;

/** Of the package. */
export const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** What a test may want to see or replace. */
export interface AppOptions {
  /** Where log lines go; by default standard output. */
  logStream?: { write(line: string): void };
  /** Told when the data is written at a level that this version does not know: the service must stop. */
  onNewerLevel?: (level: string) => void;
  /** Where the chat page is; by default where the build puts it. */
  pageFolder?: string;
  /** What `/metrics` tells, where it is more than what this process has counted. */
  gatherMetrics?: (own: Registry) => () => Promise<string>;
  /** A subscriber whose socket takes nothing for so long is sent away, ms. */
  stallMs?: number;
  /** When a webhook's event is sent again, after each try, ms. */
  retryAfterMs?: readonly number[];
  /** When a push is tried again, and who was there looked at once more. */
  push?: WorkersOptions['push'];
  /** How soon it is told that somebody has gone. */
  presence?: Pick<KeeperOptions, 'graceMs' | 'renewMs'>;
}

/**
 * Builds the service: everything that it is made of meets here, and tests use it as it is. It works once it listens, and
 * `close()` sends subscribers away first. The Redis link stays the caller's.
 *
 * @throws Error if the database belongs to another version
 */
export async function buildApp(config: Config, link: RedisLink, options: AppOptions = {}): Promise<App> {
  const app = createServer(config, options.logStream);

  const { store, partitions } = await openStore(link, config, {
    settings: config,
    onRefusedWrites: ({ count, reason }) => {
      metrics.inboxesRefused.inc(count);
      app.log.error({ count, reason }, 'inboxes could not take a message');
    },
    onNewerLevel: (level) => options.onNewerLevel?.(level),
  });
  const pings = store.partitions.map((one) => new RedisPing(one));
  const metrics = createMetrics(
    {
      partitions: pings.map(({ partition }) => partition),
      feedLagMs: (partition) => delivery.feedLagMs(partition),
      pingMs: async (partition) =>
        pings
          .find((one) => one.partition === partition)!
          .ping()
          .catch(() => undefined),
    },
    config.spaces,
  );
  const gatherMetrics = options.gatherMetrics ?? ((registry: Registry) => () => registry.metrics());

  const fileBytes = openFileStore(config.files);
  const registry = new Spaces(store, config.jwksUrl ? ownIssuerOf(config) : '', async (space) =>
    fileBytes?.removeSpace(space),
  );
  const beforeSend = config.beforeSendUrl
    ? new BeforeSend({
        url: config.beforeSendUrl,
        secret: config.beforeSendSecret,
        failsOpen: config.beforeSendFail === 'open',
        log: app.log,
        asked: metrics.countQuestion,
      })
    : undefined;
  const { vapidPrivateKey: privateKey, vapidSubject: subject } = config;
  const webPush = privateKey ? new WebPush({ privateKey, subject }) : undefined;
  const workers: Workers = new Workers({
    partitions: store.partitions,
    log: app.log,
    hub: () => delivery.hub,
    spaceOf: (name) => spaces.get(name),
    metrics,
    allowsPrivate: config.webhookAllowPrivate,
    webPush,
    showsText: config.pushText,
    knowsPresence: config.presence,
    retryAfterMs: options.retryAfterMs,
    push: options.push,
  });
  const spaces = new SpacesHere(
    {
      config,
      egress: workers.egress,
      webPush,
      store,
      log: app.log,
      metrics,
      fileBytes,
      beforeSend,
      recent: new EntryCache(),
      senders: new Senders(store),
      hub: () => delivery.hub,
      feedLagMs: (partition) => delivery.feedLagMs(partition),
    },
    registry,
  );
  const janitor = config.spaces ? new SpaceJanitor(registry, new Moves(store), app.log) : undefined;
  const filesJanitor = fileBytes
    ? new FilesJanitor({
        bytes: fileBytes,
        log: app.log,
        stores: async function* () {
          yield store;
          if (config.spaces) yield* registry.stores();
        },
      })
    : undefined;
  const keeper = config.presence
    ? new Keeper({
        storeOf: (space) => spaces.storeOf(space),
        log: app.log,
        hub: () => delivery.hub,
        ...options.presence,
      })
    : undefined;
  const stallMs = options.stallMs ?? STALL_MS;
  const delivery: Delivery = new Delivery({
    ...config,
    memory: spaces,
    presence: keeper ?? NO_PRESENCE,
    partitions: partitions.map((partition, i) => ({
      store: store.partitions[i]!,
      connection: partition.openFeed(),
      // That of the default space is prepared by now.
      prepare: async () => {
        if (i > 0) await preparePartition(store.partitions[i]!);
      },
      started: () => spaces.finishRemovals(store.partitions[i]!),
    })),
    blockMs: FEED_BLOCK_MS,
    stallMs,
    log: app.log,
    metrics: {
      subscribers: metrics.countSubscribers,
      delivered: metrics.countDeliveries,
      epochMoved: () => metrics.epochMoves.inc(),
    },
  });
  const { hub } = delivery;

  registerProblems(app);
  registerNewcomers(app, delivery.slices);
  registerRequestLog(app, metrics);
  registerShutdown(app, () => hub.draining);
  registerUpgrade(app);
  registerFramedRequests(app);
  await registerSecurity(app, config.corsOrigins);
  registerAuth(app, spaces);
  registerRateLimit(app, {
    perUser: config.rateLimit,
    burst: config.rateLimitBurst,
    perServer: config.rateLimitServer,
  });
  await registerSwagger(app, VERSION);
  // By name, so that the document does not depend on which file is read first.
  for (const schema of components.toSorted((one, other) => (one.$id < other.$id ? -1 : 1))) app.addSchema(schema);

  registerRoutes(app, {
    ...{ config, spaces, registry, janitor, delivery, stallMs, webPush, pings },
    egress: workers.egress,
    metrics: gatherMetrics(metrics.registry),
  });
  await registerDocs(app);
  await registerPage(app, options.pageFolder ?? PAGE_FOLDER);
  if (config.demoLogin === 'everybody') {
    app.log.warn('DEMO_LOGIN=true: whoever reaches this service can be any user, with no password');
  }

  app.addHook('onReady', async () => {
    // The feed's position comes first, so that no revocation can fall between the two.
    await delivery.start();
    await spaces.default.revocations.load();
    keeper?.start();
    janitor?.start();
    filesJanitor?.start();
    workers.start();
  });
  // Before the server stops to listen: an open stream would keep it from ending.
  app.addHook('preClose', async () => {
    await workers.stop();
    hub.drain();
  });
  app.addHook('onClose', async () => {
    keeper?.stop();
    janitor?.stop();
    await filesJanitor?.stop();
    beforeSend?.close();
    await delivery.stop();
  });
  return app;
}

/** Whose tokens the default space takes. */
function ownIssuerOf({ jwtIssuer = '', jwtAudience = '' }: Config): string {
  return issuerName({ issuer: jwtIssuer, audience: jwtAudience });
}
