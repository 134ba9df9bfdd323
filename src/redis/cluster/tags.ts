import { SLOTS, slotOf } from './slots.ts';

/** What a key's name has in a cluster, so that all keys of the default space are in one slot. */
export const DEFAULT_TAG = '{im}';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * The tags of the partitions of named spaces. Their slots spread evenly: each lies in its own part of all slots, of
 * which masters have ranges. The same number always gives the same tags: data is found by them.
 */
export function tagsOf(partitions: number): string[] {
  return Array.from({ length: partitions }, (_, i) => {
    for (const suffix of suffixes()) {
      const tag = `{q${i}${suffix}}`;
      if (Math.floor((slotOf(tag) * partitions) / SLOTS) === i) return tag;
    }
    throw new Error(`there is no tag for partition ${i} of ${partitions}`);
  });
}

/** `''`, a … z, aa, ab … zzz */
function* suffixes(): Generator<string> {
  let last = [''];
  for (let length = 0; length <= 3; length++) {
    yield* last;
    last = last.flatMap((suffix) => [...LETTERS].map((letter) => suffix + letter));
  }
}
