import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyProject, type Patch, ROOT } from './project-copy.ts';
import { atExit } from './redis.ts';

/** A compiled copy of the service. */
export interface Product {
  /** The entry file, for `node`. */
  readonly main: string;
  remove(): void;
}

/**
 * Compiles a copy of `src/`, so that a run is not disturbed by whoever edits the original; with patches, a copy that is
 * broken on purpose.
 */
export async function buildProduct(patches: readonly Patch[] = []): Promise<Product> {
  const copy = copyProject(['package.json', 'tsconfig.json', 'tsconfig.build.json'], patches);
  const { dir } = copy;
  const compiler = new AbortController();
  const forget = atExit(() => compiler.abort());
  await compile(dir, patches.length > 0, compiler.signal);
  for (const file of readdirSync(join(dir, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (/\.(lua|html|css|svg|js)$/.test(file)) cpSync(join(dir, 'src', file), join(dir, 'dist', file));
  }
  return {
    main: join(dir, 'dist/main.js'),
    remove: () => {
      copy.remove();
      forget();
    },
  };
}

/** A broken copy may leave a variable unused: what the compiler complains of does not keep it from writing. */
async function compile(dir: string, mayComplain: boolean, signal: AbortSignal): Promise<void> {
  // A process group of its own: the compiler is a program that this one starts.
  const args = ['-p', 'tsconfig.build.json'];
  const child = spawn(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: dir, detached: true });
  const kill = () => {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
  };
  signal.addEventListener('abort', kill);
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  const [code] = await once(child, 'close');
  signal.removeEventListener('abort', kill);
  if (code !== 0 && !mayComplain) throw new Error(`the service could not be compiled:\n${output}`);
}
