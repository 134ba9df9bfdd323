import type { SpaceName } from '../../domain/spaces.ts';
import { SLOTS, slotOf } from './slots.ts';

/** What a key's name has in a cluster, so that all keys of the default space are in one slot. */
export const DEFAULT_TAG = '{im}';

/**
 * The tags of a cluster's partitions, the same wherever they are computed. Each one's slot lies in a stretch of its own, and
 * all stretches are of one length, so that the partitions spread evenly over the masters.
 */
export function tagsOf(count: number): string[] {
  const tags: string[] = [];
  for (let suffix = 0, found = 0; found < count; suffix++) {
    const tag = `{q${suffix}}`;
    const stretch = stretchOf(slotOf(tag), count);
    if (tags[stretch] !== undefined) continue;
    tags[stretch] = tag;
    found++;
  }
  return tags;
}

/** The tag of the partition that a named space belongs to where nothing else is said. */
export function tagOf(space: SpaceName, tags: readonly string[]): string {
  return tags[stretchOf(slotOf(space), tags.length)]!;
}

/** How a partition is named: by what stands in its tag's braces. */
export function nameOf(tag: string): string {
  return tag.slice(1, -1);
}

function stretchOf(slot: number, count: number): number {
  return Math.floor((slot * count) / SLOTS);
}
