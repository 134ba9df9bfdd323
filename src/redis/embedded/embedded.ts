import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisTarget } from '../connection/target.ts';
import type { Logger } from '../logger.ts';
import { findServerBinary } from './binary.ts';
import { type FolderLock, LOCK_NAME_LENGTH, lockFolder } from './folder-lock.ts';
import { LastRun } from './last-run.ts';
import { adoptServer, type ServerOptions, type ServerProcess, startServer } from './server.ts';

export interface EmbeddedOptions {
  dataDir: string;
  /** REDIS_SERVER_BIN */
  binary: string | undefined;
  appendfsync: 'everysec' | 'always';
  log: Logger;
}

const SOCKET = 'redis.sock';
/** What the kernel takes for a socket's path, without the final zero byte. */
const SOCKET_PATH_MAX = 107;
const BACKOFF_MAX_MS = 5_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * The service's own Redis: starts it, or adopts the one that a killed node has left, starts it again when it dies, and
 * stops it last. One live node at a time has the folder.
 */
export class EmbeddedRedis {
  readonly target: RedisTarget;
  /** The unix socket that it listens on, for redis-cli. */
  readonly socket: string;
  /** True when messages may be missing that were acknowledged before this start. */
  readonly mayHaveLostData: boolean;
  readonly #options: ServerOptions;
  readonly #log: Logger;
  readonly #lock: FolderLock;
  readonly #lastRun: LastRun;
  readonly #stopping = new AbortController();
  #server: ServerProcess;
  /** True from the server's end until its successor serves. */
  #down = false;
  /** Ends after `stop()` was called, when `#server` no longer changes. */
  readonly #supervision: Promise<void>;

  private constructor(options: ServerOptions, log: Logger, lock: FolderLock, lastRun: LastRun, server: ServerProcess) {
    this.socket = options.socket;
    this.target = { path: options.socket };
    this.#options = options;
    this.#log = log;
    this.#lock = lock;
    this.#lastRun = lastRun;
    this.#server = server;
    this.mayHaveLostData = !server.adopted && lastRun.mayHaveLostData;
    this.#supervision = this.#supervise();
  }

  /** @throws Error that says what to do: a missing binary, a folder in use by another node, a server that won't start */
  static async start({ dataDir, binary, appendfsync, log }: EmbeddedOptions): Promise<EmbeddedRedis> {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const sockets = socketFolder(realpathSync(dataDir));
    const server = { binary: findServerBinary(binary), dataDir, socket: join(sockets, SOCKET), appendfsync };
    const lock = await lockFolder(sockets);
    if (lock === undefined) throw new Error(`${dataDir} is in use by another service: give each its own DATA_DIR`);
    try {
      const lastRun = new LastRun(dataDir);
      const adopted = await adoptServer(server);
      lastRun.begin(appendfsync);
      const running = adopted ?? (await startServer(server).catch((error) => lastRun.takeBack(error)));
      log.info({ redisPid: running.pid, socket: server.socket }, adopted ? 'Redis adopted' : 'Redis started');
      return new EmbeddedRedis(server, log, lock, lastRun, running);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The process id of the server that runs at the moment. */
  get pid(): number {
    return this.#server.pid;
  }

  /** Ends the server, with everything on disk, and frees the folder. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#supervision;
    const server = this.#server;
    if (!this.#down) server.terminate();
    const timeout = new AbortController();
    const late = delay(STOP_TIMEOUT_MS, 'late', { signal: timeout.signal }).catch(() => 'late');
    const end = await Promise.race([server.exited, late]);
    timeout.abort();
    if (end === 'late')
      this.#log.error({ redisPid: server.pid }, `Redis did not end in ${STOP_TIMEOUT_MS / 1_000} s and is left`);
    else if (end && !this.#down) this.#lastRun.endCleanly();
    await this.#lock.release();
  }

  /** Starts the server again whenever it ends, until `stop()`. One that keeps dying must not keep the machine busy. */
  async #supervise(): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    let wait = 0;
    for (;;) {
      const since = Date.now();
      await Promise.race([this.#server.exited, stopped]);
      if (signal.aborted) return;
      this.#down = true;
      this.#log.error({ redisPid: this.#server.pid }, 'Redis has ended and is started again');
      if (Date.now() - since > BACKOFF_MAX_MS) wait = 0;
      while (this.#down) {
        await delay(wait, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        await this.#startAgain();
        wait = Math.min(Math.max(wait, 50) * 2, BACKOFF_MAX_MS);
      }
    }
  }

  async #startAgain(): Promise<void> {
    try {
      this.#server = await startServer(this.#options);
      this.#down = false;
      this.#log.info({ redisPid: this.#server.pid }, 'Redis runs again');
    } catch (err) {
      this.#log.error({ err }, 'Redis could not be started');
    }
  }
}

/**
 * Where the sockets are: in DATA_DIR, or, when their paths would be too long there, in a folder of our own under the
 * system's temporary one, with a name that every node computes from DATA_DIR alike.
 */
function socketFolder(dataDir: string): string {
  if (fits(dataDir)) return dataDir;
  const name = `redisim-${process.getuid?.()}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const folder = [tmpdir(), '/tmp'].map((parent) => join(parent, name)).find(fits);
  if (folder === undefined) throw new Error(`the path of DATA_DIR is too long for a unix socket: ${dataDir}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  // Anybody may have made it there before us.
  if (uid !== process.getuid?.() || (mode & 0o777) !== 0o700) {
    throw new Error(`${folder} is needed for the socket of Redis, and must belong to this user alone (mode 0700)`);
  }
  return folder;
}

function fits(folder: string): boolean {
  const longest = Math.max(SOCKET.length, LOCK_NAME_LENGTH);
  return Buffer.byteLength(folder) + 1 + longest <= SOCKET_PATH_MAX;
}
