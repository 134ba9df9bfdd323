import { refuse } from '../../domain/refusals.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { scanKeys } from '../../redis/scan.ts';
import type { Store } from '../../redis/store.ts';
import type { SpaceRecord } from './space-record.ts';
import { parseRecord } from './space-record.ts';
import { Spaces } from './spaces.ts';

/** What a copy begins with. */
export interface CopyHead {
  redisimSpace: 1;
  space: SpaceName;
  record: SpaceRecord;
}

/** One key: its name without the prefix of its space, when it expires (ms from now, 0 is never), and its DUMP in base64. */
export type CopiedKey = readonly [name: string, ttlMs: number, dump: string];

/** What a copy ends with, so that one that was cut off is seen. */
export interface CopyEnd {
  keys: number;
}

export type CopyLine = CopyHead | CopiedKey | CopyEnd;

const SCAN_COUNT = 200;

/**
 * Everything of a space, for another Redis or a file, with its epoch and its credentials. The space has to be paused: then no
 * script changes anything meanwhile. `space_not_found`.
 */
export async function* copyOf(store: Store, space: SpaceName): AsyncGenerator<CopyLine> {
  const spaces = new Spaces(store);
  const source = await spaces.read(space);
  if (source === undefined) return refuse('space_not_found', space);
  // Where its keys are is of no meaning elsewhere.
  const { partition, arriving, leaving, ...record } = parseRecord(source);
  yield { redisimSpace: 1, space, record };
  let count = 0;
  for await (const [name, ttl, dump] of copyKeys(await spaces.storeOf(space))) {
    count++;
    yield [name, ttl, dump.toString('base64')];
  }
  yield { keys: count };
}

/** All keys of a space as {@link CopiedKey}s are, each once. */
export async function* copyKeys({
  redis,
  keys: { prefix },
}: Store): AsyncGenerator<[name: string, ttlMs: number, dump: Buffer]> {
  // A scan may find a key twice.
  const seen = new Set<string>();
  for await (const scanned of scanKeys(redis, prefix, SCAN_COUNT)) {
    for (const key of scanned.keys) {
      if (seen.has(key)) continue;
      seen.add(key);
      const [ttl, dump] = await Promise.all([redis.pttl(key), redis.dumpBuffer(key)]);
      // It has expired meanwhile.
      if (!dump) continue;
      yield [key.slice(prefix.length), Math.max(ttl, 0), dump];
    }
  }
}

/**
 * Makes a space out of a copy, under its own name; it is active when this resolves, and its cursors go on. What was restored in
 * part is taken away again.
 *
 * @param isBackup whether the space has gone on since: then ids were given out that the copy does not have, and the epoch moves
 * @throws Error that says what is wrong with the copy, or that there is such a space here
 */
export async function restoreCopy(
  store: Store,
  lines: AsyncIterable<CopyLine>,
  isBackup: boolean,
): Promise<{ space: SpaceName; keys: number }> {
  const spaces = new Spaces(store);
  let head: CopyHead | undefined;
  let end: CopyEnd | undefined;
  let there: Store | undefined;
  let count = 0;
  try {
    for await (const line of lines) {
      if (end) throw new Error('the copy goes on after its end');
      if (isKey(line)) {
        if (!head) throw new Error('this is no copy of a space: it does not begin as one');
        const [name, ttl, dump] = line;
        await there!.redis.restore(there!.keys.prefix + name, ttl, Buffer.from(dump, 'base64'));
        count++;
      } else if ('redisimSpace' in line) {
        await spaces.adopt(line.space, { ...line.record, state: 'paused' });
        head = line;
        there = await spaces.storeOf(line.space);
      } else end = line;
    }
    if (!head || !end) throw new Error('the copy was cut off: its end is missing');
    if (end.keys !== count) throw new Error(`the copy has ${count} keys, and says that they are ${end.keys}`);
    await spaces.settle(head.space, isBackup);
    await spaces.pause(head.space, false);
    return { space: head.space, keys: count };
  } catch (error) {
    if (head) {
      await spaces.remove(head.space);
      await spaces.finishRemoval(head.space);
    }
    throw error;
  }
}

/** Whether a line is the last one of a copy. */
export function isEnd(line: CopyLine): line is CopyEnd {
  return 'keys' in line && !isKey(line);
}

function isKey(line: CopyLine): line is CopiedKey {
  return Array.isArray(line);
}
