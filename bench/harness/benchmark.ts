import type { Product } from '../../test/helpers/product.ts';
import type { Comparison } from './compare.ts';

/** How much is measured. */
export interface Scale {
  /** Compiled, from `src`. */
  product: Product;
  /** Pairs of measurements that count. */
  rounds: number;
  /** How long one measurement takes, where time is what is given, s. */
  seconds: number;
  /** Less of what takes long. */
  isShort: boolean;
}

/** A bound that the ratio product / baseline of a figure is to keep. */
export type Target = { figure: string; unit: string } & ({ atLeast: number } | { atMost: number });

/** What a benchmark found: one comparison, or several of different sizes, and what else is worth to be told. */
export interface Result {
  comparisons: { of: string; comparison: Comparison }[];
  notes?: Record<string, number | string>;
}

/** One file of `bench/`. */
export interface Benchmark {
  name: string;
  title: string;
  /** What it is compared with, in the same run. */
  against: string;
  /** The first one is the main figure. */
  targets: [Target, ...Target[]];
  run(scale: Scale): Promise<Result>;
}
