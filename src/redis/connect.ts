import { type Command, Redis, type RedisOptions } from 'ioredis';

/** Where Redis is: a unix socket, or a redis://, rediss:// or unix:// URL. */
export type RedisTarget = { readonly path: string } | { readonly url: string };

/** What the connections write to the log; pino's and Fastify's loggers fit. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** The service's access to its Redis. Closing it ends all connections made through it. */
export interface RedisLink {
  readonly target: RedisTarget;
  /** For every command and script; never for a blocking one. */
  readonly commands: Redis;
  /** Opens a connection of its own for the feed's blocking read. */
  openFeed(): Redis;
  /** True when data may be missing that was acknowledged: the epoch must move before anything is served. */
  readonly mayHaveLostData: boolean;
  /** Ends all connections at once; a command in flight is rejected. */
  close(): void;
}

export interface CommandOptions {
  /** How long a command may take, ms. */
  commandTimeoutMs: number;
  log: Log;
  /** How long the start may take, ms. */
  startTimeoutMs?: number;
}

/** How long the feed reader blocks, ms. A silent link is noticed 3 s after that. */
export const FEED_BLOCK_MS = 1_000;

const START_TIMEOUT_MS = 10_000;
const OLDEST_VERSION = 7;

/**
 * Opens a link to Redis: connects, checks the server's version, and warns when the server may lose or evict data.
 * @throws Error that names the server and the reason, when that cannot be done in time
 */
export async function openRedis(
  target: RedisTarget,
  options: CommandOptions & { mayHaveLostData?: boolean },
): Promise<RedisLink> {
  const commands = await connectCommands(target, options);
  const feeds: Redis[] = [];
  return {
    target,
    commands,
    mayHaveLostData: options.mayHaveLostData ?? false,
    openFeed() {
      const feed = connectFeed(target, FEED_BLOCK_MS, options.log);
      feeds.push(feed);
      return feed;
    },
    close() {
      for (const redis of [commands, ...feeds]) redis.disconnect();
    },
  };
}

/**
 * The connection for commands. Nothing is queued while Redis is away and nothing is sent twice: a command that the
 * caller was told had failed must not be done later. A command fails within `commandTimeoutMs`;
 * `failure.ts` tells whether it may have been done.
 */
export async function connectCommands(target: RedisTarget, options: CommandOptions): Promise<Redis> {
  const redis = new CommandConnection({
    ...locate(target),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: options.commandTimeoutMs,
    // A half-open link answers nothing for minutes. Cut it just after the commands on it have timed out: those that
    // follow are then refused at once and known to be unsent.
    socketTimeout: options.commandTimeoutMs + 500,
    connectTimeout: options.commandTimeoutMs,
    retryStrategy,
  });
  narrate(redis, 'commands', options.log);
  try {
    await becomeReady(redis, target, options.startTimeoutMs ?? START_TIMEOUT_MS);
    await inspect(redis, target, options.log);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

/**
 * A connection for one blocking XREAD loop. It reconnects for ever; a read that was under way is sent again by ioredis
 * after the reconnect, so `ready` is the event by which its user learns that the link was broken.
 * @param blockMs the longest BLOCK its user asks for, above 0
 */
export function connectFeed(target: RedisTarget, blockMs: number, log: Log): Redis {
  const redis = new Redis({
    ...locate(target),
    maxRetriesPerRequest: null,
    enableAutoPipelining: false,
    socketTimeout: blockMs + 3_000,
    connectTimeout: 3_000,
    retryStrategy,
  });
  narrate(redis, 'feed', log);
  return redis;
}

/** So many commands leave in one write at most: Redis begins with the first ones while we prepare the others. */
const TOGETHER = 8;

/**
 * Commands of one turn of the event loop leave together: a write is what a busy node spends most of its time with.
 * (ioredis' own `enableAutoPipelining` does the same, but commands in a pipeline do not time out.)
 */
class CommandConnection extends Redis {
  #together = 0;

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const socket = this.stream;
    if (!socket || this.status !== 'ready') return super.sendCommand(command, stream);
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
      this.#together = 0;
    }
    const promise = super.sendCommand(command, stream);
    if (++this.#together === TOGETHER) {
      socket.uncork();
      socket.cork();
      this.#together = 0;
    }
    return promise;
  }
}

/** How a target is named in messages and logs: without a password. */
export function targetName(target: RedisTarget): string {
  if ('path' in target) return `unix://${target.path}`;
  const url = new URL(target.url);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Milliseconds before the next attempt to connect: soon at first, and not all nodes at the same moment. */
function retryStrategy(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), 1_000) * (0.75 + Math.random() / 2);
}

/** The part of ioredis' options that says where the server is and who we are. */
type Address = Pick<RedisOptions, 'path' | 'host' | 'username' | 'password' | 'db' | 'tls'> & { port?: number };

/**
 * Our own reading of the URL: ioredis takes any option from its query, which could turn off what this file promises.
 */
function locate(target: RedisTarget): Address {
  if ('path' in target) return { path: target.path };
  const url = new URL(target.url);
  const options: Address = {};
  const username = decodeURIComponent(url.username) || url.searchParams.get('username');
  const password = decodeURIComponent(url.password) || url.searchParams.get('password');
  if (username) options.username = username;
  if (password) options.password = password;
  if (url.protocol === 'unix:') {
    return { ...options, path: decodeURIComponent(url.pathname), db: Number(url.searchParams.get('db') ?? 0) };
  }
  // An IPv6 host stands in brackets in a URL, which a socket does not take.
  options.host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  options.port = Number(url.port || 6379);
  options.db = Number(url.pathname.slice(1) || 0);
  if (url.protocol === 'rediss:') options.tls = {};
  return options;
}

/** Logs once when a connection is lost and once when it is back; ioredis retries up to twenty times a second. */
function narrate(redis: Redis, name: string, log: Log): void {
  let away = false;
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  redis.on('reconnecting', () => {
    if (away) return;
    away = true;
    log.warn({ connection: name, err: reason }, 'Redis is away');
  });
  redis.on('ready', () => {
    reason = undefined;
    if (!away) return;
    away = false;
    log.info({ connection: name }, 'Redis is back');
  });
}

async function becomeReady(redis: Redis, target: RedisTarget, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let lastError: Error | undefined;
  let onError: (error: Error) => void = () => {};
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`cannot use Redis at ${targetName(target)}: ${why}`));
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

/** From INFO alone: CONFIG is often forbidden on a managed Redis. */
async function inspect(redis: Redis, target: RedisTarget, log: Log): Promise<void> {
  const info = await redis.info().catch((error: Error) => {
    // A user without the right to INFO can still do everything else.
    if (error.message.startsWith('NOPERM')) return undefined;
    throw error;
  });
  if (info === undefined) return log.warn({}, 'Redis refuses INFO: its version and persistence were not checked');
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  // Valkey goes on reporting the Redis version that it is compatible with.
  const version = field('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < OLDEST_VERSION) {
    throw new Error(`cannot use Redis at ${targetName(target)}: its version is ${version}, at least 7.0 is needed`);
  }
  if (field('cluster_enabled') === '1') {
    throw new Error(`cannot use Redis at ${targetName(target)}: it runs in cluster mode, which is not supported`);
  }
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction' && field('maxmemory') !== '0') {
    log.warn({ policy }, 'Redis may evict messages: set maxmemory-policy to noeviction');
  }
  if (field('aof_enabled') === '0')
    log.warn({}, 'Redis has no AOF: messages since its last snapshot are lost when it stops');
}
