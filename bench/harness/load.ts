import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { atExit } from '../../test/helpers/redis.ts';
import type { Tasks } from './load-process.ts';

/** A separate process for the load, so that its work is not measured as the service's. One task at a time. */
export class Load {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(): Promise<Load> {
    const child = fork(new URL('load-process.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    await once(child, 'message');
    return new Load(child);
  }

  /** Has a task done. @throws Error with what went wrong there */
  async do<Name extends keyof Tasks>(
    task: Name,
    args: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    this.#process.send({ task, args });
    const [{ result, error }] = (await once(this.#process, 'message')) as [{ result: never; error?: string }];
    if (error) throw new Error(`in the load process: ${error}`);
    return result;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
