import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { type AppOptions, buildApp } from '../app.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { withSecrets } from '../config/secrets.ts';
import { describeError } from '../http/plugins/logging.ts';
import { openRedis } from '../redis/connection/link.ts';
import { EmbeddedRedis } from '../redis/embedded/embedded.ts';
import { banner } from './banner.ts';
import { farewell, forPeople, type LogStream } from './terminal.ts';
import { metricsOfAllWorkers, type Place, placeFromPrimary, startWorkers } from './workers.ts';

/** How long a shutdown may take besides draining: what the app does after it, and Redis writing to disk. */
const APP_MARGIN_MS = 1_000;
const REDIS_MARGIN_MS = 16_000;

/** Connections that may wait to be taken. Of Node's 511 the rest waits for a second when a thousand clients come back at once. */
const BACKLOG = 4_096;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal has sent us already; a person is not that fast. */
const SAME_SIGNAL_MS = 500;

let stopping = false;

/** What has been opened, to be closed in the opposite order. */
const closers: (() => Promise<void>)[] = [];

async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
}

async function start(): Promise<void> {
  const configured = loadConfig();
  const logStream: LogStream | undefined = process.stdout.isTTY ? forPeople(process.stdout) : undefined;
  const options = { level: configured.logLevel, serializers: { err: describeError } };
  const log = logStream ? pino(options, logStream) : pino(options);
  const shutdown = closeWithGrace(
    { delay: configured.drainMs + APP_MARGIN_MS + REDIS_MARGIN_MS, logger: log, skip: [...SIGNALS] },
    async ({ err }) => {
      if (err) log.fatal({ err }, 'stopping after an error that nothing caught');
      await closeAll();
      // Below the ^C that the terminal shows.
      if (logStream && !err && cluster.isPrimary)
        process.stdout.write(`\n${farewell(configured.redisUrl ? undefined : configured.dataDir)}\n`);
    },
  );
  onSignals(
    (signal) => {
      log.info({ signal }, 'stopping');
      stopping = true;
      void shutdown.close();
    },
    (signal) => {
      log.error({ signal }, 'stopping at once, after a second signal');
      process.exit(1);
    },
  );
  const appOptions: AppOptions = {
    ...(logStream ? { logStream } : {}),
    onNewerLevel: (level) => stopOutdated(level, log),
  };

  if (cluster.isWorker) {
    const config = await withSecrets(configured, () => {});
    await listen(config, await placeFromPrimary(), log, { ...appOptions, gatherMetrics: metricsOfAllWorkers });
    return;
  }
  const embedded = configured.redisUrl === undefined ? await startEmbedded(configured, log) : undefined;
  const config = await withSecrets(configured, (message) => log.warn(message));
  const place: Place = {
    target: embedded?.target ?? { url: config.redisUrl! },
    mayHaveLostData: embedded?.mayHaveLostData ?? false,
  };
  const address =
    config.workers === 1 ? await listen(config, place, log, appOptions) : await lead(config.workers, place, log);
  if (embedded && address) {
    const { demoSecret } = config;
    process.stdout.write(banner({ config: configured, address, socket: embedded.socket, demoSecret }));
  }
}

/** Serves in this process. */
async function listen(
  config: Config,
  place: Place,
  log: pino.Logger,
  options: AppOptions,
): Promise<AddressInfo | undefined> {
  turnOffPretenuring();
  const redis = await openRedis(place.target, {
    commandTimeoutMs: config.commandTimeoutMs,
    log,
    mayHaveLostData: place.mayHaveLostData,
  });
  closers.push(async () => redis.close());

  const app = await buildApp(config, redis, options);
  // A request that does not end must not keep Redis from being stopped properly.
  closers.push(() => Promise.race([app.close(), delay(config.drainMs + APP_MARGIN_MS)]).then(() => {}));
  await app.listen({ host: config.host, port: config.port, backlog: BACKLOG });
  const [address] = app.addresses();
  return typeof address === 'object' ? address : undefined;
}

/**
 * Turns off V8's pretenuring, which makes an object among the old ones where those made at the same place in the code once lived
 * long, as it decides of the words of a Redis command. Dead there, such an object keeps all that it refers to alive until the next
 * collection of everything, and each collection of young objects takes three times as long: that was the p99 of a delivery.
 */
function turnOffPretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** Serves in several processes, and sees to it that there are as many. */
async function lead(count: number, place: Place, log: pino.Logger): Promise<AddressInfo> {
  const workers = startWorkers(count, place, {
    log,
    onFailure: (why) => giveUp(log, {}, why),
  });
  closers.push(() => workers.stop());
  return workers.listening;
}

/** Nodes of a newer version write what this one would misread: it leaves the data to them. */
function stopOutdated(level: string, log: pino.Logger): void {
  const whose = `the data is written at level ${level} by a newer version of redisim`;
  giveUp(log, { level }, `${whose}, which this one does not know: start that version`);
}

/** Ends by itself, with an error, because of what going on can't mend. */
function giveUp(log: pino.Logger, details: object, why: string): void {
  if (stopping) return;
  stopping = true;
  process.exitCode = 1;
  log.fatal(details, why);
  setImmediate(() => closeAll().then(() => process.exit(1)));
}

/** Calls `first` at the first signal, and `second` at another one that is meant as such. */
function onSignals(first: (signal: string) => void, second: (signal: string) => void): void {
  let since: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (since === undefined) {
        since = performance.now();
        first(name);
      } else if (performance.now() - since > SAME_SIGNAL_MS) second(name);
    });
  }
}

/** Registered before it is awaited: a signal during a long start must end Redis too. */
async function startEmbedded(config: Config, log: pino.Logger): Promise<EmbeddedRedis> {
  const starting = EmbeddedRedis.start({
    dataDir: config.dataDir,
    binary: config.redisServerBin,
    appendfsync: config.appendfsync,
    log,
  });
  closers.push(() =>
    starting.then(
      (redis) => redis.stop(),
      () => {},
    ),
  );
  return starting;
}

/** Runs the service until a signal ends it. */
export async function serve(): Promise<void> {
  try {
    await start();
  } catch (error) {
    // What was being opened has been closed under it: the shutdown goes on and decides the exit code.
    if (stopping) return;
    await closeAll();
    throw error;
  }
}
