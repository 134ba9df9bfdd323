import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { atExit } from '../helpers/redis.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Counts {
  tests: number;
  passed: number;
  failed: number;
  skipped: number;
}

export interface SuiteOptions {
  /** The `node` to run the tests with; it is also the first on their PATH. */
  node: string;
  /** Folders that go in front of PATH. */
  path: string[];
  env?: Record<string, string>;
  files: string[];
  /** How many files at once. */
  concurrency: number;
}

/**
 * The test files at these paths, from the root of the checkout: files or folders; without any, all but the page's.
 * The page's need a browser and take minutes, and what they show does not depend on the server.
 * @throws Error that names a path at which there is no test
 */
export function testFiles(paths: readonly string[]): string[] {
  if (paths.length === 0) return filesIn('test').filter((file) => !file.startsWith('test/e2e/page/'));
  return paths.flatMap((path) => {
    const files = existsSync(join(ROOT, path)) ? filesIn(path) : [];
    if (files.length === 0) throw new Error(`there is no test at "${path}"; name files or folders like test/redis`);
    return files;
  });
}

function filesIn(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(path, file))
    .sort();
}

/** Runs test files in a process of their own, which tells of each test on our output. */
export async function runSuite({ node, path, env, files, concurrency }: SuiteOptions): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'redisim-matrix-'));
  const report = join(folder, 'report.tap');
  const args = ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, '--test-timeout=300000'];
  const reporters = ['spec', 'tap'].map((name) => `--test-reporter=${name}`);
  const destinations = ['stdout', report].map((to) => `--test-reporter-destination=${to}`);
  const child = spawn(node, [...args, ...reporters, ...destinations, ...files], {
    cwd: ROOT,
    env: { ...process.env, ...env, PATH: [...path, process.env.PATH].join(delimiter) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const forget = atExit(() => child.kill());
  const [code] = await once(child, 'exit');
  forget();
  const tap = existsSync(report) ? readFileSync(report, 'utf8') : '';
  rmSync(folder, { recursive: true });
  return countsOf(tap, code === 0);
}

/** From the lines at the end of a TAP report. A run that failed has a failure, even where it did not come to count any. */
export function countsOf(tap: string, isGood: boolean): Counts {
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  return {
    tests: count('tests'),
    passed: count('pass'),
    failed: failed === 0 && !isGood ? 1 : failed,
    skipped: count('skipped') + count('todo'),
  };
}
