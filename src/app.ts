import { readFileSync } from 'node:fs';
import Fastify, { LogController } from 'fastify';
import type { Registry } from 'prom-client';
import type { Config } from './config/config.ts';
import { Delivery } from './delivery/delivery.ts';
import { NO_PRESENCE } from './delivery/presence.ts';
import { ImError } from './domain/errors.ts';
import { Bans } from './features/bans/bans.ts';
import { banRoutes } from './features/bans/routes.ts';
import { Blocks } from './features/blocks/blocks.ts';
import { blockRoutes } from './features/blocks/routes.ts';
import { Contacts } from './features/contacts/contacts.ts';
import { contactRoutes } from './features/contacts/routes.ts';
import { Conversations } from './features/conversations/conversations.ts';
import { conversationRoutes } from './features/conversations/routes.ts';
import { demoRoutes } from './features/demo/routes.ts';
import { Exports } from './features/export/exports.ts';
import { exportRoutes } from './features/export/routes.ts';
import { Groups } from './features/groups/groups.ts';
import { groupRoutes } from './features/groups/routes.ts';
import { Inbox } from './features/inbox/inbox.ts';
import { inboxRoutes } from './features/inbox/routes.ts';
import { socketRoutes } from './features/inbox/socket-routes.ts';
import { Members } from './features/members/members.ts';
import { memberRoutes } from './features/members/routes.ts';
import { batchRoutes } from './features/messages/batch-routes.ts';
import { Editing } from './features/messages/editing.ts';
import { eventRoutes } from './features/messages/event-routes.ts';
import { History } from './features/messages/history.ts';
import { Logs } from './features/messages/logs.ts';
import { Messages } from './features/messages/messages.ts';
import { messageRoutes } from './features/messages/routes.ts';
import { Keeper, type KeeperOptions } from './features/presence/keeper.ts';
import { Presence } from './features/presence/presence.ts';
import { presenceRoutes } from './features/presence/routes.ts';
import { Reactions } from './features/reactions/reactions.ts';
import { reactionRoutes } from './features/reactions/routes.ts';
import { RedisPing } from './features/service/redis-ping.ts';
import { serviceRoutes } from './features/service/routes.ts';
import { Revocations } from './features/tokens/revocations.ts';
import { tokenRoutes } from './features/tokens/routes.ts';
import { typingRoutes } from './features/typing/routes.ts';
import { Typing } from './features/typing/typing.ts';
import { userRoutes } from './features/users/routes.ts';
import { Users } from './features/users/users.ts';
import { registerAuth } from './http/auth/auth.ts';
import { Tokens } from './http/auth/tokens.ts';
import type { App } from './http/fastify.ts';
import { createMetrics } from './http/metrics.ts';
import { components } from './http/openapi/component.ts';
import { registerDocs, registerSwagger } from './http/openapi/swagger.ts';
import { PAGE_FOLDER, registerPage } from './http/page.ts';
import { BODY_LIMIT } from './http/plugins/body-limit.ts';
import { registerFramedRequests } from './http/plugins/framed-requests.ts';
import { loggerOptions, registerRequestLog, requestId } from './http/plugins/logging.ts';
import { withoutNulls } from './http/plugins/nulls.ts';
import { answerMalformedRequest, registerProblems, sendProblem } from './http/plugins/problem.ts';
import { registerRateLimit } from './http/plugins/rate-limit.ts';
import { registerSecurity } from './http/plugins/security.ts';
import { registerShutdown } from './http/plugins/shutdown.ts';
import { registerUpgrade, UpgradableRequest } from './http/plugins/upgrade.ts';
import { buildValidator } from './http/plugins/validation.ts';
import { FEED_BLOCK_MS, type RedisLink } from './redis/connection/link.ts';
import { Keys } from './redis/keys.ts';
import { SCHEMA_VERSION } from './redis/lua.ts';
import { moveEpoch, prepare } from './redis/meta/commands.ts';
import { removeFunctions } from './redis/program.ts';
import { Store } from './redis/store.ts';

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
  const app: App = Fastify({
    logger: loggerOptions(config.logLevel, options.logStream),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    trustProxy: config.trustProxy === true ? true : config.trustProxy || false,
    bodyLimit: BODY_LIMIT.small,
    // A slow sender is cut off; a slow reader of a stream is the hub's business.
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    http: { IncomingMessage: UpgradableRequest },
    forceCloseConnections: 'idle',
    // Its answer would be no problem+json, to the probes too; `registerShutdown` has a better one.
    return503OnClosing: false,
    // Long enough for any mistake to be told as one, instead of a path that does not exist.
    routerOptions: { maxParamLength: 20_000 },
    schemaController: { compilersFactory: { buildValidator: withoutNulls(buildValidator) as never } },
    frameworkErrors: (error, request, reply) => sendProblem(request as never, reply as never, error),
    clientErrorHandler: answerMalformedRequest,
  }) as never;

  const redisPing = new RedisPing(link.commands);
  const metrics = createMetrics({
    feedLagMs: () => delivery.feedLagMs,
    pingMs: () => redisPing.ping().catch(() => undefined),
  });
  const gatherMetrics = options.gatherMetrics ?? ((registry: Registry) => () => registry.metrics());
  const store = new Store({
    redis: link.commands,
    keys: new Keys(config.keyPrefix),
    settings: config,
    onRefusedWrites: ({ count, reason }) => {
      metrics.inboxesRefused.inc(count);
      app.log.error({ count, reason }, 'inboxes could not take a message');
    },
    onNewerLevel: (level) => options.onNewerLevel?.(level),
  });
  await prepareDatabase(link, store);

  const logs = new Logs(store);
  const inbox = new Inbox(store, logs);
  const history = new History(store);
  const retains = config.logMax > 0 || config.logDays > 0;
  const messages = new Messages(
    {
      store,
      sent: metrics.countSend,
      grown: (log) => {
        if (!retains) return;
        history.trim(log).catch((error: unknown) => app.log.warn({ err: error, log }, 'a log could not be trimmed'));
      },
    },
    config.idempotencyTtl,
  );
  const tokens = new Tokens(config);
  const revocations = new Revocations(
    store,
    () => delivery.feedLagMs,
    (uid, why) => delivery.hub.tokensEnded(uid, why),
  );
  const presence = new Presence(store);
  const keeper = config.presence
    ? new Keeper({ store, presence, log: app.log, hub: () => delivery.hub, ...options.presence })
    : undefined;
  const stallMs = options.stallMs ?? STALL_MS;
  const delivery: Delivery = new Delivery({
    ...config,
    messages: logs,
    revocations,
    presence: keeper ?? NO_PRESENCE,
    store,
    connection: link.openFeed(),
    blockMs: FEED_BLOCK_MS,
    stallMs,
    log: app.log,
    metrics: {
      subscribers: (state, change) => metrics.subscribers.inc({ state }, change),
      delivered: (count) => metrics.deliveries.inc(count),
      epochMoved: () => metrics.epochMoves.inc(),
    },
  });
  const { hub } = delivery;

  registerJsonBodies(app);
  // Fastify's own parser for it; a body is JSON or nothing.
  app.removeContentTypeParser('text/plain');
  registerProblems(app);
  registerRequestLog(app, metrics);
  registerShutdown(app, () => hub.draining);
  registerUpgrade(app);
  registerFramedRequests(app);
  await registerSecurity(app, config.corsOrigins);
  registerAuth(app, tokens, revocations);
  registerRateLimit(app, {
    perUser: config.rateLimit,
    burst: config.rateLimitBurst,
    perServer: config.rateLimitServer,
  });
  await registerSwagger(app, VERSION);
  for (const schema of components) app.addSchema(schema);

  const users = new Users(store, logs);
  userRoutes(app, { users });
  const contacts = new Contacts(store);
  const blocks = new Blocks(store);
  const groups = new Groups(store, logs);
  const members = new Members(store);
  const conversations = new Conversations(store);
  contactRoutes(app, { contacts });
  blockRoutes(app, { blocks });
  groupRoutes(app, { groups });
  memberRoutes(app, { members });
  banRoutes(app, { bans: new Bans(store) });
  messageRoutes(app, {
    messages,
    history,
    editing: new Editing(store, logs, config.editWindow),
  });
  batchRoutes(app, { messages });
  eventRoutes(app, { messages });
  reactionRoutes(app, { reactions: new Reactions(store) });
  conversationRoutes(app, { conversations });
  exportRoutes(app, {
    exports: new Exports({ store, users, contacts, blocks, groups, members, conversations, history }),
    revocations,
    stallMs,
  });
  typingRoutes(app, { typing: new Typing(store) });
  presenceRoutes(app, { presence: keeper && presence });
  inboxRoutes(app, { inbox, hub, revocations, presence: config.presence });
  socketRoutes(app, { ...config, inbox, hub, revocations });
  tokenRoutes(app, { tokens, users, revocations });
  demoRoutes(app, {
    users,
    tokens,
    revocations,
    demo: { allowed: config.demoLogin, secret: config.demoSecret },
  });
  serviceRoutes(app, { redis: redisPing, delivery, metrics: gatherMetrics(metrics.registry) });
  await registerDocs(app);
  await registerPage(app, options.pageFolder ?? PAGE_FOLDER);
  if (config.demoLogin === 'everybody') {
    app.log.warn('DEMO_LOGIN=true: whoever reaches this service can be any user, with no password');
  }

  app.addHook('onReady', async () => {
    // The feed's position comes first, so that no revocation can fall between the two.
    await delivery.start();
    await revocations.load();
    keeper?.start();
    users.finishRemovals().catch((error: unknown) => app.log.warn({ err: error }, 'a removal could not be finished'));
  });
  // Before the server stops to listen: an open stream would keep it from ending.
  app.addHook('preClose', async () => hub.drain());
  app.addHook('onClose', async () => {
    keeper?.stop();
    await delivery.stop();
  });
  return app;
}

/** Many clients say "application/json" with every request; one that then has no body simply has none. */
function registerJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}

async function prepareDatabase({ mayHaveLostData }: RedisLink, store: Store): Promise<void> {
  const epoch = await store.run(prepare, SCHEMA_VERSION).catch((error: unknown) => {
    // What a script refuses here is for whoever starts the service.
    throw error instanceof ImError ? new Error(error.message) : error;
  });
  await removeFunctions(store.redis);
  // Ids that were given out may be given out again: cursors of before must not pass for good.
  if (mayHaveLostData) await store.run(moveEpoch, epoch);
}
