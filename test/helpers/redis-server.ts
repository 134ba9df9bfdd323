import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findServerBinary } from '../../src/redis/embedded/binary.ts';
import { RedisProcess } from './redis.ts';

/** The bus of a cluster is so many ports above. */
export const BUS = 10_000;
/** Below the ports that systems give to connections. */
const LOWEST = 11_000;
const HIGHEST = 21_000;
const ATTEMPTS = 20;

type Args = (dir: string, port: number) => readonly string[] | Promise<readonly string[]>;

/** A server of a cluster, or one that sentinels watch, or a sentinel: a real process on a loopback port. */
export class RedisServer {
  readonly port: number;
  /** For the test itself. It connects again by itself, and waits while the server is away or stopped. */
  readonly admin: Redis;
  isPaused = false;
  readonly #process: RedisProcess;
  readonly #dir: string;

  private constructor(port: number, process: RedisProcess, dir: string) {
    this.port = port;
    this.#process = process;
    this.#dir = dir;
    this.admin = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, maxRetriesPerRequest: null });
    this.admin.on('error', () => {});
  }

  /**
   * Starts a server on a port that is free, with the one of its bus. It keeps nothing on disk unless told to.
   * @param argsIn its command line, given its folder and its port
   */
  static async start(argsIn: Args): Promise<RedisServer> {
    const binary = findServerBinary(process.env.REDIS_SERVER_BIN);
    const dir = mkdtempSync(join(tmpdir(), 'redisim-test-'));
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        return new RedisServer(port, await RedisProcess.start(binary, await argsIn(dir, port)), dir);
      } catch (error) {
        // Another test may have been faster.
        if (attempt < ATTEMPTS && /address already in use/i.test(String(error))) continue;
        rmSync(dir, { recursive: true, force: true });
        throw error;
      }
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Whether it answers. */
  get isUp(): boolean {
    return this.#process.isRunning && !this.isPaused;
  }

  /** SIGSTOP: it answers nothing, and its connections stay open. */
  pause(): void {
    this.isPaused = true;
    this.#process.pause();
  }

  /** SIGCONT. */
  resume(): void {
    this.isPaused = false;
    this.#process.resume();
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#process.kill();
    this.isPaused = false;
  }

  /** Starts it again on the same port and folder, unless it runs. */
  restart(): Promise<void> {
    return this.#process.restart();
  }

  /** A field of INFO. */
  async info(section: string, field: string): Promise<string | undefined> {
    return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(await this.admin.info(section))?.[1];
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    this.admin.disconnect();
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** The command line that all of them share. */
export function serverArgs(dir: string, port: number): string[] {
  const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--logfile', ''];
  // A replica that comes is served at once, and one that was cut off soon.
  const replication = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', '--repl-timeout', '5'];
  return [...address, ...replication, '--repl-ping-replica-period', '1', '--save', '', '--appendonly', 'no'];
}

/**
 * Waits until something holds.
 * @throws Error that says for what it has waited, and why that was not so in the end
 */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await holds().catch((error: Error) => error);
    if (found === true) return;
    if (Date.now() > deadline) {
      throw new Error(
        `not within ${withinMs / 1_000} s: ${what}${found instanceof Error ? ` (${found.message})` : ''}`,
      );
    }
    await delay(25);
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await isFree(port)) && (await isFree(port + BUS))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
