import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { inParallel } from '../helpers/parallel.ts';
import { buildProduct, type Product } from '../helpers/product.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { closeConnections } from './requests.ts';
import { perform, type Report, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { closeSockets } from './socket-requests.ts';
import { countsOf, heading, line, mutantLine } from './table.ts';

const USAGE = `usage: npm run test:faults -- [--short] [--seed N] [--only name] [--mutants] [--json file]
  --short     one seed each, two at a time, and less of the longest ones
  --seed N    this seed instead of 1, 2, 3
  --only name faults whose name contains it
  --mutants   breaks the service on purpose, and fails unless each time the checker sees it
  --json file writes what was found to a file, for \`npm run figures\``;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    mutants: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** A broken service never gets there: no need to wait for long. */
const MUTANT_SETTLE_MS = 10_000;

const counts = { passed: 0, failed: 0 };
const findings: object[] = [];
if (values.help) console.log(USAGE);
else if (values.mutants) await runMutants();
else await runFaults();
closeConnections();
closeSockets();
if (values.json) writeFileSync(values.json, `${JSON.stringify(findings, null, 1)}\n`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function runFaults(): Promise<void> {
  const seeds = values.seed ? [Number(values.seed)] : values.short ? [1] : [1, 2, 3];
  const chosen = SCENARIOS.filter(({ name, longOnly }) => name.includes(values.only) && !(values.short && longOnly));
  const runs = chosen.flatMap((scenario) => seeds.map((seed) => ({ scenario, seed })));
  const product = await buildProduct();
  console.log(heading());
  await inParallel(runs, values.short ? 2 : 1, async ({ scenario, seed }) => {
    const since = performance.now();
    const report = await attempt(scenario, product, seed);
    console.log(line(scenario.name, seed, report, performance.now() - since));
    const found = report instanceof Error ? { error: report.message } : { ...countsOf(report), notes: report.notes };
    findings.push({ fault: scenario.name, seed, ...found });
    count(!(report instanceof Error) && report.violations.length === 0);
  });
  product.remove();
}

async function runMutants(): Promise<void> {
  const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
  await inParallel(chosen, values.short ? 2 : 1, async (mutant) => {
    const product = await buildProduct(mutant.patches);
    const scenario = SCENARIOS.find(({ name }) => name === mutant.scenario)!;
    const report = await attempt(scenario, product, mutant.seed, MUTANT_SETTLE_MS);
    product.remove();
    console.log(mutantLine(mutant, report));
    findings.push({ mutant: mutant.name, fault: mutant.scenario, seed: mutant.seed, isSeen: isSeen(mutant, report) });
    count(isSeen(mutant, report));
  });
}

function isSeen({ expected }: Mutant, report: Report | Error): boolean {
  return !(report instanceof Error) && report.violations.some(({ kind }) => expected.includes(kind));
}

function attempt(scenario: Scenario, product: Product, seed: number, settleMs?: number): Promise<Report | Error> {
  const options = { seed, isShort: values.short, ...(settleMs === undefined ? {} : { settleMs }) };
  return perform(scenario, product, options).catch((error: Error) => error);
}

function count(isGood: boolean): void {
  counts[isGood ? 'passed' : 'failed']++;
}
