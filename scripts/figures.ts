/**
 * Writes the tables of docs/faults.md and docs/speed.md from what was measured last, which is kept in docs/figures:
 * `npm run figures`. The commands that measure are beside the tables.
 */
import { readFileSync } from 'node:fs';
import { type Finished, table } from '../bench/harness/report.ts';
import { type GeneratedBlock, write } from './generated.ts';

const ROOT = new URL('..', import.meta.url);

interface FaultFinding {
  fault: string;
  seed: number;
  messages: number;
  lost: number;
  doubled: number;
  order: number;
  gaps: number;
  changes?: number;
  wrong?: number;
  other: number;
  notes: string[];
  error?: string;
}

interface MutantFinding {
  mutant: string;
  fault: string;
  isSeen: boolean;
}

export const FIGURES: GeneratedBlock[] = [
  { page: 'docs/faults.md', name: 'faults', content: faultTable },
  { page: 'docs/speed.md', name: 'bench', content: benchTable },
];

function faultTable(): string {
  const runs = figures<FaultFinding[]>('faults');
  const mutants = figures<MutantFinding[]>('mutants');
  const rows = [...new Set(runs.map(({ fault }) => fault))].map((fault) => {
    const some = runs.filter((run) => run.fault === fault);
    const sum = (of: (run: FaultFinding) => number) => some.reduce((all, run) => all + of(run), 0);
    const shown = mutants.filter((mutant) => mutant.fault === fault);
    const cells = [
      `\`${fault}\``,
      some.map(({ seed }) => seed).join(' '),
      some.some(({ error }) => error) ? 'failed' : sum(({ messages }) => messages).toLocaleString('en'),
      sum(({ lost }) => lost),
      sum(({ doubled }) => doubled),
      sum(({ order }) => order),
      sum(({ gaps }) => gaps),
      ...(['changes', 'wrong'] as const).map((column) =>
        some.some((run) => run[column] === undefined) ? '–' : sum((run) => run[column]!).toLocaleString('en'),
      ),
      sum(({ other }) => other),
      shown.map(({ mutant, isSeen }) => (isSeen ? mutant : `${mutant}: not seen`)).join('; '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const heading =
    '| fault | seeds | messages | lost | doubled | out of order | unsignalled gaps | changes | of them wrong | other | red when broken so |';
  const memory = runs
    .filter(({ fault }) => fault === 'readers-stalled')
    .map(({ seed, notes }) => `- seed ${seed}: ${notes.join('; ')}`);
  return [
    heading,
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '\nMemory of the node in `readers-stalled` (in all: while they catch up, too):\n',
    ...memory,
  ].join('\n');
}

function benchTable(): string {
  const { machine, results } = figures<{ machine: { cpu: string; cores: number; node: string }; results: Recorded[] }>(
    'bench',
  );
  const finished = results.map(({ comparisons, ...benchmark }) => ({ benchmark, result: { comparisons } }));
  return `${table(finished)}\n\nNode ${machine.node.slice(1)}, ${machine.cores} cores of ${machine.cpu}, shared by all parts.`;
}

type Recorded = Omit<Finished['benchmark'], 'run'> & Finished['result'];

function figures<Figures>(name: string): Figures {
  return JSON.parse(readFileSync(new URL(`docs/figures/${name}.json`, ROOT), 'utf8'));
}

if (import.meta.url === `file://${process.argv[1]}`) FIGURES.forEach(write);
