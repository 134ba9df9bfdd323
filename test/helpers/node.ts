import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { atExit } from './redis.ts';

const KEPT_LINES = 2_000;

/** A node of the service as a process. */
export class Node {
  readonly url: string;
  /** The last lines of its log. */
  readonly lines: string[];
  isPaused = false;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string, lines: string[]) {
    this.#process = process;
    this.url = url;
    this.lines = lines;
  }

  /** Starts a node and waits until it listens; `options` are those of the `node` command. */
  static async start(main: string, env: Record<string, string>, options: readonly string[] = []): Promise<Node> {
    const child = spawn(process.execPath, [...options, main], {
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    const lines: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      const keep = (line: string) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        const address = /Server listening at (http:[^"]+)/.exec(line)?.[1];
        if (address) resolve(address);
      };
      createInterface({ input: child.stdout! }).on('line', keep);
      createInterface({ input: child.stderr! }).on('line', keep);
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`a node ended with ${code}:\n${lines.slice(-8).join('\n')}`)));
    });
    return new Node(child, url, lines);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** SIGSTOP: its connections stay open and nothing is answered. */
  pause(): void {
    this.isPaused = true;
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.isPaused = false;
    this.#process.kill('SIGCONT');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  /** SIGTERM; resolves with the exit code, null if a signal has ended it. */
  async terminate(): Promise<number | null> {
    if (this.isRunning) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    return this.#process.exitCode;
  }

  /** Makes what its memory is now the most there ever was. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  /** Resident memory in MiB: now, and the most there ever was. */
  get memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const mib = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
    return { now: mib('VmRSS'), peak: mib('VmHWM') };
  }
}

/** The process id of the Redis that a node has started in a folder; it outlives a node that was killed. */
export function embeddedRedisPid(dataDir: string): number | undefined {
  const processes = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return processes.map(Number).find((pid) => {
    try {
      const isOurs = readlinkSync(`/proc/${pid}/cwd`) === dataDir;
      return isOurs && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('redis');
    } catch {
      return false;
    }
  });
}
