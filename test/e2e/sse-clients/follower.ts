import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atExit } from '../../helpers/redis.ts';
import type { Client } from './clients.ts';

const SIGNALS = ['read', 'typing', 'presence', 'reaction', 'conversation', 'stale'];

/** A client that follows a stream, and what it has told of it: a line for each event, `name <tab> id <tab> data`. */
export class Follower {
  readonly name: string;
  /** The texts of the messages, in the order of coming. */
  readonly texts: string[] = [];
  /** Events that are none of ours: the library has made them of something else. */
  readonly strange: string[] = [];
  /** From the moment of connecting to the first event, ms. */
  firstEventMs: number | undefined;
  /** From the sending of a message to its coming, ms; the median. */
  readonly latencies: number[] = [];
  /** Whether it had to be started again. */
  wasStartedAgain = false;
  readonly #client: Client;
  readonly #folder: string;
  readonly #args: readonly string[];
  #last = '';
  #process: ChildProcess | undefined;
  #errors = '';

  /** @param args the stream's address, the key */
  constructor(client: Client, folder: string, args: readonly string[]) {
    this.name = client.name;
    this.#client = client;
    this.#folder = folder;
    this.#args = args;
  }

  /** Starts it behind the last event that it has told. */
  start(): void {
    const [program, ...args] = this.#client.command;
    const child = spawn(program!, [...args, ...this.#args, this.#last], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A shell has a child of its own.
      detached: true,
    });
    this.#process = child;
    child.once(
      'exit',
      atExit(() => this.stop()),
    );
    child.stderr.on('data', (data) => {
      this.#errors = (this.#errors + data).slice(-2_000);
    });
    let connectingAt = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'connecting') connectingAt = performance.now();
      else {
        this.firstEventMs ??= performance.now() - connectingAt;
        this.#take(line);
      }
    });
  }

  get isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** The last that it has complained of. */
  get complaint(): string {
    return this.#errors.trim().split('\n').at(-1) ?? '';
  }

  stop(): void {
    if (!this.isRunning) return;
    process.kill(-this.#process!.pid!, 'SIGKILL');
  }

  #take(line: string): void {
    const [name = '', id = '', data = ''] = line.split('\t');
    // It has no cursor, so that the last one stays.
    if (SIGNALS.includes(name)) return;
    if (!/^(ready|message|heartbeat|gap|bye)$/.test(name) || !/^\d+-\d+$/.test(id)) {
      this.strange.push(line.slice(0, 100));
      return;
    }
    this.#last = id;
    if (name !== 'message') return;
    const { fields } = JSON.parse(data) as { fields: { text: string; at: string } };
    this.texts.push(fields.text);
    this.latencies.push(Date.now() - Number(fields.at));
  }
}
