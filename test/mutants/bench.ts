import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { copyProject, type Patch } from '../helpers/project-copy.ts';
import { atExit } from '../helpers/redis.ts';

/** How one test came out. */
export interface Outcome {
  name: string;
  passed: boolean;
  message: string;
}

export interface TestRun {
  outcomes: Outcome[];
  /** All that was written, errors of the loader among it. */
  output: string;
  /** Whether the time was over before all tests were. */
  timedOut: boolean;
}

const REPORTER = join(import.meta.dirname, 'reporter.js');
/** What tests and the code that they load need beside `src/`. */
const PARTS = [
  'test',
  'scripts',
  'openapi',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs',
];
/** How long a run that is over may take to end, ms. */
const MARGIN_MS = 10_000;
/** How long a run goes on after its first failure, ms: it ends what it has started, unless the failure keeps it from that. */
const AFTER_FAILURE_MS = 3_000;

/**
 * Runs the tests of one file whose names contain one of the patterns (all, if there is none), on a copy of the project,
 * until one fails.
 * @param options.timeoutMs what has not ended by then has failed
 */
export async function runTests(
  file: string,
  patterns: readonly string[],
  options: { patches?: readonly Patch[]; timeoutMs: number },
): Promise<TestRun> {
  const copy = copyProject(PARTS, options.patches);
  const args = ['--import', 'tsx', '--test', `--test-reporter=${REPORTER}`, `--test-timeout=${options.timeoutMs}`];
  for (const pattern of patterns) args.push(`--test-name-pattern=${escaped(pattern)}`);
  // A process group of its own: each file of tests is a process that this one starts.
  const child = spawn(process.execPath, [...args, file], { cwd: copy.dir, detached: true });
  const kill = () => killGroup(child);
  const forget = atExit(kill);
  let output = '';
  let ending: NodeJS.Timeout | undefined;
  child.stdout.on('data', (data) => {
    output += data;
    if (output.includes('"passed":false')) ending ??= setTimeout(kill, AFTER_FAILURE_MS);
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutMs + MARGIN_MS);
  await once(child, 'close');
  clearTimeout(timer);
  clearTimeout(ending);
  forget();
  copy.remove();
  return { outcomes: parse(output), output, timedOut };
}

function parse(output: string): Outcome[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{"name"'))
    .map((line) => JSON.parse(line));
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Text as a regular expression, which is what Node takes a pattern for. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
