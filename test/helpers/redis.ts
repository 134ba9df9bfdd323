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

  const start = () => launch(binary, [...args, '--logfile', '', ...(options.args ?? [])], options.env);
  let server = await start();
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    path,
    target: { path },
    dir,
    get pid() {
      return server.pid!;
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    kill,
    async restart() {
      if (server.exitCode === null && server.signalCode === null) return;
      server = await start();
    },
    async stop() {
      await kill();
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

async function launch(binary: string, args: string[], env: Record<string, string> = {}): Promise<ChildProcess> {
  const server = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  if (server.pid !== undefined) server.once('exit', endWithUs(server.pid));
  const output: string[] = [];
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`${binary} ended with ${code}:\n${output.join('\n')}`)));
    createInterface({ input: server.stdout }).on('line', (line) => {
      output.push(line);
      if (/ready to accept connections/i.test(line)) resolve();
    });
  });
  return server;
}
