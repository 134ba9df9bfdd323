import type { Benchmark, Result, Target } from './benchmark.ts';
import type { Spread } from './stats.ts';

export interface Finished {
  benchmark: Omit<Benchmark, 'run'>;
  result: Result;
}

/** All figures of a benchmark: the medians of both sides, and the ratio with the least and the greatest of its rounds. */
export function details({ comparisons, notes = {} }: Result): string {
  const lines = comparisons.flatMap(({ of, comparison: { product, baseline, ratio } }) =>
    Object.keys(product).map(
      (figure) =>
        `  ${of}, ${figure}: ${number(product[figure]!.median)} against ${number(baseline[figure]!.median)}: ${spread(ratio[figure]!)} ×`,
    ),
  );
  return [...lines, ...Object.entries(notes).map(([name, value]) => `  ${name}: ${value}`)].join('\n');
}

/** The table for the README: a line for each target. */
export function table(finished: readonly Finished[]): string {
  const rows = finished.flatMap(({ benchmark, result }) =>
    result.comparisons.flatMap(({ of, comparison: { product, baseline, ratio } }) =>
      benchmark.targets.map((target) => {
        const { figure, unit } = target;
        const what =
          result.comparisons.length > 1 ? `\`${benchmark.name}\`: ${of}` : `\`${benchmark.name}\`: ${benchmark.title}`;
        return `| ${what} | ${unit} | ${number(product[figure]!.median)} | ${number(baseline[figure]!.median)} | ${spread(ratio[figure]!)} | ${bound(target)}${isMet(target, ratio[figure]!) ? '' : ', missed'} |`;
      }),
    ),
  );
  return ['| benchmark | in | redisim | baseline | ratio | to reach |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function isMet(target: Target, { median }: Spread): boolean {
  return 'atLeast' in target ? median >= target.atLeast : median <= target.atMost;
}

function bound(target: Target): string {
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function spread({ median, least, greatest }: Spread): string {
  // Against nothing, there is no ratio.
  if (!Number.isFinite(median)) return '–';
  return `${median.toFixed(2)} (${least.toFixed(2)}–${greatest.toFixed(2)})`;
}

function number(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
