import type { Patch } from '../helpers/project-copy.ts';

/**
 * The service, broken on purpose in one place, and the tests that have to notice. `from` is one characteristic line or
 * less, so that it is easily pointed anew when its file changes; where a rule has to be broken without a trace, `to` is
 * the empty text or a condition that never holds.
 */
export interface Mutant extends Patch {
  /** What is wrong then. */
  name: string;
  /** Where a rule is kept twice: the other place, which is broken as well. */
  also?: readonly Patch[];
  /** Files of tests; in each of them one has to fail. */
  tests: readonly string[];
  /** A part of the names of the tests to run; without it all in the files. */
  pattern?: string;
}

/** All that is to be changed in a copy. */
export function patchesOf(mutant: Mutant): readonly Patch[] {
  return [mutant, ...(mutant.also ?? [])];
}
