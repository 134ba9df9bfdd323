import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithUs } from '../helpers/redis.ts';
import { cachedFolder } from '../matrix/cache.ts';

const CLIENT = 'redis==8.1.0';

/** Python with a package of PyPI, its `redis` one where none is named, installed once a machine; or why there is none. */
export function findPython(name = CLIENT): { python: string } | { missing: string } {
  try {
    const folder = cachedFolder(`python-${name.replace('==', '-')}`, (folder) => {
      execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
      const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', name];
      execFileSync(join(folder, 'bin/python'), install, { stdio: 'pipe' });
    });
    return { python: join(folder, 'bin/python') };
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return {
      missing: `python3 with venv and ${name} of PyPI: ${String(stderr || message)
        .trim()
        .slice(-300)}`,
    };
  }
}

export type Answer = { reply: unknown; error?: never } | { reply?: never; error: [type: string, text: string] };

/** A Python process that calls functions on a Redis. */
export function startPython(python: string, socket: string, metaKey: string) {
  const script = join(import.meta.dirname, 'client.py');
  const child = spawn(python, [script, socket, metaKey], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.once('exit', endWithUs(child.pid!));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async fcall(name: string, ...words: (string | number | { hex: string })[]): Promise<Answer> {
      child.stdin.write(`${JSON.stringify([name, ...words])}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('Python has ended');
      return JSON.parse(value);
    },
    async stop() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
