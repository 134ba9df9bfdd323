import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './redis.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A change of one file of `src/`: `from` has to occur in it exactly once. */
export interface Patch {
  file: string;
  from: string;
  to: string;
}

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
  const dir = mkdtempSync(join(tmpdir(), 'redisim-product-'));
  const compiler = new AbortController();
  const erase = () => {
    compiler.abort();
    rmSync(dir, { recursive: true, force: true });
  };
  const forget = atExit(erase);
  // Without the page, which is built by tools of its own.
  const web = join(ROOT, 'src/web');
  cpSync(join(ROOT, 'src'), join(dir, 'src'), { recursive: true, filter: (path) => path !== web });
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    copyFileSync(join(ROOT, file), join(dir, file));
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  for (const patch of patches) apply(dir, patch);
  await compile(dir, patches.length > 0, compiler.signal);
  for (const file of readdirSync(join(dir, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (/\.(lua|html|css|svg|js)$/.test(file)) cpSync(join(dir, 'src', file), join(dir, 'dist', file));
  }
  return {
    main: join(dir, 'dist/main.js'),
    remove: () => {
      erase();
      forget();
    },
  };
}

function apply(dir: string, { file, from, to }: Patch): void {
  const path = join(dir, 'src', file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${from}`);
  writeFileSync(path, parts.join(to));
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
