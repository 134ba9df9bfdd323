import type { Kind } from './checker.ts';
import type { Mutant } from './mutants.ts';
import type { Report } from './scenario.ts';

const COLUMNS = [
  ['fault', 26],
  ['seed', 5],
  ['messages', 9],
  ['lost', 5],
  ['doubled', 8],
  ['out of order', 13],
  ['unsignalled gaps', 17],
  ['changes', 8],
  ['of them wrong', 14],
  ['other', 6],
  ['verdict', 8],
] as const;

/** What is wrong about changes, and about what is shown after them. */
const CHANGED: readonly Kind[] = ['edit', 'erasure', 'reaction', 'history', 'last'];
/** How many violations are told in full. */
const TOLD = 12;

export function heading(): string {
  return row(COLUMNS.map(([name]) => name));
}

/** One line for a run, and below it what was wrong. */
export function line(name: string, seed: number, report: Report | Error, ms: number): string {
  const took = `${(ms / 1_000).toFixed(1)} s`;
  if (report instanceof Error)
    return `${row([name, seed, '-', '-', '-', '-', '-', '-', '-', '-', 'FAILED'])} ${took} ${report.stack}`;
  const { violations, excused, notes } = report;
  const cells = [name, seed, ...Object.values(countsOf(report)), violations.length === 0 ? 'ok' : 'FAILED'];
  const told = [...(excused > 0 ? [`${excused} lost by Redis and told as a gap`] : []), ...notes, took].join(', ');
  const wrong = violations.slice(0, TOLD).map(({ kind, detail }) => `    ${kind}: ${detail}`);
  return [`${row(cells)} ${told}`, ...wrong].join('\n');
}

/** The columns of a run, in their order. */
export function countsOf({ violations, stored, changed }: Report) {
  const count = (kind: Kind) => violations.filter((violation) => violation.kind === kind).length;
  const main = { lost: count('lost'), doubled: count('doubled'), order: count('order'), gaps: count('gap') };
  const wrong = CHANGED.reduce((sum, kind) => sum + count(kind), 0);
  const other = violations.length - main.lost - main.doubled - main.order - main.gaps - wrong;
  return { messages: stored, ...main, changes: changed, wrong, other };
}

/** One line for a mutant: what the checker found. */
export function mutantLine({ name, scenario, seed, expected }: Mutant, report: Report | Error): string {
  const what = `${name.padEnd(38)} ${scenario.padEnd(26)} seed ${seed}`;
  if (report instanceof Error) return `${what}  not seen: ${report.message}`;
  const found = new Map<Kind, number>();
  for (const { kind } of report.violations) found.set(kind, (found.get(kind) ?? 0) + 1);
  const isSeen = expected.some((kind) => found.has(kind));
  const list = [...found].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${what}  ${isSeen ? 'red' : 'NOT SEEN'}: ${list || 'nothing'}`;
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(COLUMNS[0][1]) : String(cell).padStart(COLUMNS[i]![1])))
    .join('');
}
