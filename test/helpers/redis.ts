import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findServerBinary } from '../../src/redis/embedded/binary.ts';

/** A real Redis for tests, on a unix socket in a fresh folder. */
export interface TestRedis {
  /** The unix socket. */
  readonly path: string;
  /** As the connections take it. */
  readonly target: { readonly path: string };
  /** Its folder, removed by `stop()`. */
  readonly dir: string;
  /** The id of the running process. */
  readonly pid: number;
  /** SIGSTOP: it answers nothing, and its connections stay open. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same socket and folder, unless it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** Keeps an append-only file, flushed with each write. */
  aof?: boolean;
  /** Further command line options, such as `['--maxmemory', '10mb']`. */
  args?: string[];
  /** Variables of its environment beside ours. */
  env?: Record<string, string>;
}

/** Starts a Redis and waits until it takes connections. One for a test file; `randomPrefix()` keeps tests apart. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'redisim-test-'));
  const path = join(dir, 'redis.sock');
  const binary = findServerBinary(process.env.REDIS_SERVER_BIN);
  const persistence = options.aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const args = ['--port', '0', '--unixsocket', path, '--dir', dir, '--save', '', ...persistence];

  const server = await RedisProcess.start(binary, [...args, '--logfile', '', ...(options.args ?? [])], options.env);
  return {
    path,
    target: { path },
    dir,
    get pid() {
      return server.pid;
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A key prefix that no other test uses. */
export function randomPrefix(): string {
  return `t${randomBytes(6).toString('hex')}:`;
}

const leftovers = new Set<() => void>();

/**
 * Has `kill` called when this test process ends early, so that nothing it started outlives it.
 * @returns to be called when that is no longer needed
 */
export function atExit(kill: () => void): () => void {
  leftovers.add(kill);
  return () => leftovers.delete(kill);
}

function killAll(): void {
  for (const kill of leftovers) kill();
}

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll();
    process.kill(process.pid, signal);
  });
}

/**
 * Has a process killed when this one ends, however that comes about: a shell waits for the end of its input, which the
 * kernel closes with us.
 * @returns to be called when the process has ended
 */
export function endWithUs(pid: number): () => void {
  const watch = spawn('sh', ['-c', 'read -r _; kill -9 "$1"', 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watch.unref();
  (watch.stdin as Socket).unref();
  return () => void watch.kill('SIGKILL');
}

/** The process of a Redis or of a sentinel, which can be started again with the same arguments. */
export class RedisProcess {
  readonly #start: () => Promise<ChildProcess>;
  #process: ChildProcess;

  private constructor(start: () => Promise<ChildProcess>, process: ChildProcess) {
    this.#start = start;
    this.#process = process;
  }

  /**
   * Resolves when it takes connections. It has to log to its output.
   * @throws Error with what it has logged, when it ends instead
   */
  static async start(binary: string, args: readonly string[], env: Record<string, string> = {}): Promise<RedisProcess> {
    const start = () => launch(binary, args, env);
    return new RedisProcess(start, await start());
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** SIGSTOP: it answers nothing, and its connections stay open. */
  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#process.kill('SIGCONT');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  /** Starts it again, unless it runs. */
  async restart(): Promise<void> {
    if (!this.isRunning) this.#process = await this.#start();
  }
}

async function launch(binary: string, args: readonly string[], env: Record<string, string>): Promise<ChildProcess> {
  const server = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  if (server.pid !== undefined) server.once('exit', endWithUs(server.pid));
  const output: string[] = [];
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`${binary} ended with ${code}:\n${output.join('\n')}`)));
    createInterface({ input: server.stdout }).on('line', (line) => {
      output.push(line);
      // A sentinel takes connections before it says which one it is.
      if (/ready to accept connections|sentinel ID is/i.test(line)) resolve();
    });
  });
  return server;
}
