import { parseArgs } from 'node:util';
import { inParallel } from '../helpers/parallel.ts';
import { complaintOf } from '../helpers/project-copy.ts';
import { runTests, type TestRun } from './bench.ts';
import { MUTANTS } from './index.ts';
import { type Mutant, patchesOf } from './mutant.ts';

const USAGE = `usage: npm run test:mutants -- [--only text] [--list]
  Breaks a copy of the service in one place after the other, and fails unless each time the tests named for it fail.
  --only text breaks whose name or file contains it
  --list      only says which breaks there are`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const AT_ONCE = 2;
/** How long the tests of a file may take where nothing is broken, ms. */
const WHOLE_TIMEOUT_MS = 600_000;
/** A break may keep from coming what a test waits for: so long, and so many times what was needed without it. */
const MUTANT_TIMEOUT_MS = 20_000;
const TIMES = 2;
/** A break that does not even run proves nothing: any test would see it. */
const DOES_NOT_RUN =
  /SyntaxError|Transform failed|ReferenceError|Error compiling script|nonexistent global variable|ERR_MODULE_NOT_FOUND/;

const counts = { passed: 0, failed: 0 };
const chosen = MUTANTS.filter(({ name, file }) => `${name} ${file}`.includes(values.only));
if (values.help) console.log(USAGE);
else if (values.list) for (const { name, file } of chosen) console.log(`${file.padEnd(28)} ${name}`);
else await run();

async function run(): Promise<void> {
  const { verdicts, took } = await inspectWhole(chosen);
  console.log(`${'seen'.padEnd(7)} ${'s'.padStart(5)}  ${'broken'.padEnd(60)} seen by`);
  await inParallel(chosen, AT_ONCE, async (mutant) => {
    const since = performance.now();
    const { isSeen, by } = verdicts.get(mutant) ?? (await attempt(mutant, took));
    const seconds = ((performance.now() - since) / 1_000).toFixed(1);
    console.log(`${(isSeen ? 'yes' : 'NO').padEnd(7)} ${seconds.padStart(5)}  ${mutant.name.padEnd(60)} ${by}`);
    counts[isSeen ? 'passed' : 'failed']++;
  });
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

interface Verdict {
  isSeen: boolean;
  /** The first test that failed; or why that shows nothing. */
  by: string;
}

function unseen(by: string): Verdict {
  return { isSeen: false, by };
}

/** Runs the named tests where nothing is broken: a test that fails there, or that there isn't, can't show anything. */
async function inspectWhole(
  mutants: readonly Mutant[],
): Promise<{ verdicts: Map<Mutant, Verdict>; took: Map<string, number> }> {
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
  const verdicts = new Map<Mutant, Verdict>();
  const took = new Map<string, number>();
  console.log(`${mutants.length} breaks; first their tests where nothing is broken, in ${files.length} files`);
  await inParallel(files, AT_ONCE, async (file) => {
    const concerned = mutants.filter(({ tests }) => tests.includes(file));
    const all = concerned.some(({ pattern }) => pattern === undefined);
    const patterns = all ? [] : [...new Set(concerned.map(({ pattern }) => pattern!))];
    const since = performance.now();
    const { outcomes } = await runTests(file, patterns, { timeoutMs: WHOLE_TIMEOUT_MS });
    took.set(file, performance.now() - since);
    for (const mutant of concerned) {
      const named = outcomes.filter(({ name }) => name.includes(mutant.pattern ?? ''));
      const failed = named.find(({ passed }) => !passed);
      if (failed) verdicts.set(mutant, unseen(`fails where nothing is broken: ${failed.name}: ${failed.message}`));
      else if (named.length === 0)
        verdicts.set(mutant, unseen(`${file} has no such test, or can not be run: ${mutant.pattern}`));
    }
  });
  for (const mutant of mutants) {
    const [complaint] = patchesOf(mutant).flatMap((patch) => complaintOf(patch) ?? []);
    if (complaint) verdicts.set(mutant, unseen(complaint));
  }
  return { verdicts, took };
}

/** Breaks a copy and runs the tests that have to see it. */
async function attempt(mutant: Mutant, took: ReadonlyMap<string, number>): Promise<Verdict> {
  const patterns = mutant.pattern === undefined ? [] : [mutant.pattern];
  let by = '';
  for (const file of mutant.tests) {
    const timeoutMs = MUTANT_TIMEOUT_MS + TIMES * took.get(file)!;
    const result = await runTests(file, patterns, { patches: patchesOf(mutant), timeoutMs });
    const wrong = whyNotSeen(result);
    if (wrong !== undefined) return unseen(`${file}: ${wrong}`);
    by ||= result.outcomes.find(({ passed }) => !passed)?.name ?? 'took too long';
  }
  return { isSeen: true, by };
}

function whyNotSeen({ outcomes, output, timedOut }: TestRun): string | undefined {
  const failed = outcomes.filter(({ passed }) => !passed);
  if (failed.length === 0 && !timedOut) return 'nothing fails';
  // A file that fails as a whole, and not by its time, has not come to its tests.
  if (failed.some(({ name, message }) => name.endsWith('.test.ts') && !message.includes('timed out'))) {
    return 'the tests can not be run';
  }
  const [broken] = DOES_NOT_RUN.exec(output) ?? [];
  return broken && `the broken copy does not run (${broken})`;
}
