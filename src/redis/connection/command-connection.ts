import { type Command, Redis } from 'ioredis';
import type { Logger } from '../logger.ts';
import { type Endpoint, endpointName, endpointOptions } from './endpoint.ts';
import { logOutages, retryStrategy } from './reconnect.ts';
import { checkServer } from './server-check.ts';
import './young-commands.ts';

export interface CommandOptions {
  /** How long a command may take, ms. */
  commandTimeoutMs: number;
  log: Logger;
  /** How long the start may take, ms. */
  startTimeoutMs?: number;
}

const START_TIMEOUT_MS = 10_000;

/**
 * The connection for commands, once it can be used and the server behind it was checked. Nothing is queued while Redis is away and
 * nothing is sent twice: a command that the caller was told had failed must not be done later. A command fails within
 * `commandTimeoutMs`; `failure.ts` tells whether it may have been done.
 *
 * @throws Error that says why it can't be used
 */
export async function connectCommands(endpoint: Endpoint, options: CommandOptions): Promise<Redis> {
  const redis = newConnection(endpoint, options);
  try {
    await becomeReady(redis, endpointName(endpoint), options.startTimeoutMs ?? START_TIMEOUT_MS);
    await checkServer(redis, endpointName(endpoint), options.log);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

/**
 * The same for a server that may be away: a command is refused until it is there, and it is connected to by itself.
 *
 * @param name in log lines
 */
export function beginCommands(
  endpoint: Endpoint,
  options: CommandOptions,
  name: string,
): { redis: Redis; whenReady: Promise<void> } {
  const redis = newConnection(endpoint, options, name);
  const { log } = options;
  const whenReady = new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  redis.once('ready', () => {
    checkServer(redis, endpointName(endpoint), log).catch((error: unknown) =>
      log.error({ connection: name, err: error as Error }, 'a server of the cluster does not fit'),
    );
  });
  redis.connect().catch(() => {});
  return { redis, whenReady };
}

function newConnection(endpoint: Endpoint, { commandTimeoutMs, log }: CommandOptions, name = 'commands'): Redis {
  const redis = new CommandConnection({
    ...endpointOptions(endpoint),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    // A half-open link answers nothing for minutes. Cut it just after the commands on it have timed out: those that
    // follow are then refused at once and known to be unsent.
    socketTimeout: commandTimeoutMs + 500,
    connectTimeout: commandTimeoutMs,
    retryStrategy,
  });
  logOutages(redis, name, log);
  return redis;
}

/** So many words of commands leave in one write, about: Redis begins with the first ones while we prepare the others. */
const WORDS_TOGETHER = 128;

/**
 * Short commands of one turn of the event loop leave together: a write is what a busy node spends most of its time with. A call
 * for several sends is long, and leaves at once.
 * (ioredis' own `enableAutoPipelining` does the same, but commands in a pipeline do not time out. And it defines a getter on each
 * pipeline, so that each has a hidden class of its own, which keeps all that was asked and answered alive until V8 collects everything.)
 */
class CommandConnection extends Redis {
  #words = 0;

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const socket = this.stream;
    if (!socket || this.status !== 'ready') return super.sendCommand(command, stream);
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
      this.#words = 0;
    }
    const promise = super.sendCommand(command, stream);
    this.#words += command.args.length;
    if (this.#words >= WORDS_TOGETHER) {
      socket.uncork();
      socket.cork();
      this.#words = 0;
    }
    return promise;
  }
}

async function becomeReady(redis: Redis, name: string, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let lastError: Error | undefined;
  let onError: (error: Error) => void = () => {};
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`cannot use Redis at ${name}: ${why}`));
    timer = setTimeout(() => {
      fail(lastError?.message ?? `it did not become ready within ${timeoutMs / 1_000} s`);
    }, timeoutMs);
    onError = (error) => {
      lastError = error;
      // A wrong password does not become right by waiting.
      if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(error.message)) fail(error.message);
    };
    redis.on('error', onError);
    redis.once('ready', resolve);
    // A refused first attempt is not the end: `error` has the reason, and retryStrategy goes on.
    redis.connect().catch(() => {});
  }).finally(() => {
    clearTimeout(timer);
    redis.off('error', onError);
  });
}
