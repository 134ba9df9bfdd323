import { parseArgs } from 'node:util';
import { type Counts, runSuite, type SuiteOptions, testFiles } from './suite.ts';

/** One thing that the suite is run with. */
export interface Variant {
  /** As `--only` names it. */
  name: string;
  /** Makes it ready. */
  prepare(): Pick<SuiteOptions, 'node' | 'path' | 'env'> & { version: string };
}

/**
 * The command line of a matrix: runs the suite with one variant after the other and prints a table. The exit code is 1
 * unless all tests passed with each of them.
 * @param kind what the variants are, and the name of the npm script: `test:<kind>s`
 */
export async function runMatrix(kind: string, variants: readonly Variant[]): Promise<void> {
  try {
    const { chosen, files, concurrency } = parse(kind, variants);
    const prepared = chosen.map(({ name, prepare }) => ({ name, ...prepare() }));
    const rows: Row[] = [];
    for (const { name, version, ...variant } of prepared) {
      console.log(`== ${name}: ${version}`);
      const since = performance.now();
      const counts = await runSuite({ ...variant, files, concurrency });
      rows.push({ name, version, ...counts, seconds: (performance.now() - since) / 1_000 });
    }
    console.log(table(kind, rows));
    process.exitCode = rows.every(({ tests, failed }) => tests > 0 && failed === 0) ? 0 : 1;
  } catch (error) {
    console.error(`test:${kind}s: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

function parse(kind: string, variants: readonly Variant[]) {
  const usage = `usage: npm run test:${kind}s -- [--only name]... [--concurrency N] [file or folder]...
  --only name      with this ${kind} alone: ${variants.map(({ name }) => name).join(', ')}
  --concurrency N  so many files at once, 2 by default
  without a file or folder: all tests but those of the chat page`;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      concurrency: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const unknown = values.only.find((name) => !variants.some((variant) => variant.name === name));
  if (unknown !== undefined) throw new Error(`there is no ${kind} "${unknown}"\n${usage}`);
  const concurrency = Number(values.concurrency);
  if (!(concurrency >= 1))
    throw new Error(`--concurrency was "${values.concurrency}"; allowed: a number from 1\n${usage}`);
  const chosen = variants.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  return { chosen, files: testFiles(positionals), concurrency };
}

type Row = Counts & { name: string; version: string; seconds: number };

/** In Markdown, as the documentation takes it. */
function table(kind: string, rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [row.name, row.version, row.tests, row.passed, row.failed, row.skipped, row.seconds.toFixed()].map(String),
  );
  const cells = [[kind, 'version', 'tests', 'passed', 'failed', 'skipped', 'seconds'], ...lines];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const [head, ...body] = cells.map(
    (line) => `| ${line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`,
  );
  const rule = `|${widths.map((width, i) => (i < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return ['', head, rule, ...body, ''].join('\n');
}
