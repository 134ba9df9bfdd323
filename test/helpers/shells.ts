import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** Shells that people paste into: of Debian, of scripts, of macOS. Without the files of whoever runs the tests. */
const SHELLS: Record<string, string[]> = {
  bash: ['--norc', '-i'],
  dash: ['-i'],
  zsh: ['-f', '-i'],
};

/** The shells to test with, each with a reason to leave it out where it is not installed. */
export const shells = Object.keys(SHELLS).map((name) => {
  const isThere = spawnSync(name, ['-c', 'exit 0']).status === 0;
  return { name, skip: !isThere && !process.env.CI && `${name} is not installed` };
});

/** An interactive shell that something was pasted into. */
export class Paste {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What the commands have printed, and what the shell has. */
  output = '';
  #changed = () => {};
  #hasEnded = false;
  /** What is between prompts and echoes: the lines that are JSON objects. */
  get answers(): Record<string, unknown>[] {
    return [...this.output.matchAll(/\{".*\}$/gm)].flatMap(([line]) => parsed(line));
  }

  constructor(shell: string, text: string, cwd: string) {
    const env = { PATH: process.env.PATH, HOME: cwd, TERM: 'dumb' };
    // A session of its own: an interactive shell does as it likes with its terminal, and this one's is not its own.
    this.#process = spawn(shell, SHELLS[shell]!, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        this.#changed();
      });
    }
    this.#process.once('close', () => {
      this.#hasEnded = true;
      this.#changed();
    });
    this.#process.stdin.end(text);
  }

  /** Resolves when the output has something. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      if (this.#hasEnded) throw new Error(`the shell has ended:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Ends the shell and what it runs. */
  kill(): void {
    try {
      process.kill(-this.#process.pid!, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
  }
}

/** An echo of what was typed may look like an object, too. */
function parsed(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
