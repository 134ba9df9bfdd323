import type { Product } from '../../test/helpers/product.ts';
import type { Comparison } from './compare.ts';

/** How much is measured. */
export interface Scale {
  /** Compiled, from `src`. */
  product: Product;
  /** Pairs of measurements that count. */
  rounds: number;
  /** How long one measurement takes, where time is what is given. */
  seconds: number;
}

/** One file of `bench/`. */
export interface Benchmark {
  name: string;
  title: string;
  /** What it is compared with. */
  against: string;
  /** The figure whose ratio product / baseline is to reach `atLeast` or `atMost`. */
  figure: string;
  atLeast?: number;
  atMost?: number;
  run(scale: Scale): Promise<Comparison>;
}
