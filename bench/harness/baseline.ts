import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { atExit } from '../../test/helpers/redis.ts';
import type { Processes } from './measure.ts';
import { PROFILE } from './service.ts';

/** A file of `bench/baselines` as a process; it tells where it listens by `process.send({ url })`. */
export class Baseline {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(name: string, env: Record<string, string> = {}): Promise<Baseline> {
    const child = fork(new URL(`../baselines/${name}.ts`, import.meta.url), {
      env: { PATH: process.env.PATH, ...env },
      execArgv: ['--import', 'tsx', ...PROFILE],
    });
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Baseline(child, url);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get processes(): Processes {
    return { pids: [this.pid] };
  }

  /** Sends it a message and waits for its answer. */
  async ask<Answer>(message: object): Promise<Answer> {
    this.#process.send(message);
    const [answer] = await once(this.#process, 'message');
    return answer as Answer;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}
