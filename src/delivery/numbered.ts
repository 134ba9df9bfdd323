import { newestPosition, OLDEST } from '../domain/positions.ts';
import {
  type Cursor,
  compareStreamIds,
  formatStreamId,
  isSuccessorText,
  parseStreamId,
  predecessor,
  type StreamId,
  successor,
} from '../domain/stream-ids.ts';
import type { Gap, StreamItem, StreamPage } from './source.ts';

/** Streams whose ids are `<epoch>-<n>`, n = 0, 1, 2 … without holes: an inbox, and the journal. Every loss is seen there. */

/** What was read of one after a position, in one moment. */
export interface Stretch<Entry> {
  epoch: string;
  /** The newest id that it ever had, `''` if none. */
  newest: string;
  entries: readonly Entry[];
}

/** A page, which may be of fewer entries than were read. */
export interface NumberedPage<Item> extends Omit<StreamPage, 'items' | 'from' | 'next' | 'gap'> {
  items: Item[];
  next: StreamId;
  /** What is missing lies between the position that was asked for and this one. */
  resumed?: StreamId;
}

/**
 * Makes a page of what was read after `after`: the entry there has to be its successor, and a stream with nothing after it has
 * to end at it. `0-0` means the oldest entry kept and has nothing in front of it to lose.
 *
 * @param toItems may make items of the first ones alone
 */
export async function pageAfter<Entry extends { cursor: Cursor }, Item extends { cursor: Cursor }>(
  after: StreamId,
  { epoch, newest, entries }: Stretch<Entry>,
  toItems: (entries: readonly Entry[]) => Promise<Item[]>,
): Promise<NumberedPage<Item>> {
  const end = newestPosition(epoch, newest);
  const first = entries[0] && parseStreamId(entries[0].cursor)!;
  const resumed = first ? predecessor(first) : end;
  const missed = compareStreamIds(resumed, after) !== 0 && compareStreamIds(after, OLDEST) !== 0;
  const items = first ? await toItems(unbroken(entries)) : [];
  const next = items.length > 0 ? parseStreamId(items.at(-1)!.cursor)! : resumed;
  return {
    items,
    ...(missed ? { resumed } : {}),
    next,
    upToDate: compareStreamIds(next, end) === 0,
    beyond: compareStreamIds(after, end) > 0,
    epoch,
  };
}

/** The entries up to the first hole; the next page starts with it, and tells of it. */
function unbroken<Entry extends { cursor: Cursor }>(entries: readonly Entry[]): readonly Entry[] {
  for (let i = 1; i < entries.length; i++) {
    if (!isSuccessorText(entries[i]!.cursor, entries[i - 1]!.cursor)) return entries.slice(0, i);
  }
  return entries;
}

/** What is told of a gap between two positions. */
export function gapBetween(
  requested: StreamId,
  resumed: StreamId,
): Pick<Gap, 'reason' | 'requested' | 'resumed' | 'lost'> {
  const lost = distance(requested, resumed);
  return {
    reason: lost === undefined ? 'reset' : 'trimmed',
    requested: formatStreamId(requested) as Cursor,
    resumed: formatStreamId(resumed) as Cursor,
    ...(lost === undefined ? {} : { lost: Number(lost) }),
  };
}

/** How many entries of one epoch lie in (from, to]; undefined if the two are not of one epoch, in this order. */
function distance(from: StreamId, to: StreamId): bigint | undefined {
  // `to` may be the position before its epoch's first entry, whose number in that epoch is -1.
  const start = successor(to).seq === 0n ? successor(to) : { ms: to.ms, seq: 0n };
  const number = (id: StreamId) => (compareStreamIds(id, predecessor(start)) === 0 ? -1n : id.seq);
  const same = from.ms === start.ms || number(from) === -1n;
  const count = number(to) - number(from);
  return same && count > 0n ? count : undefined;
}

/** The first round of a page; its items' average size tells how many more fit. */
const FIRST_ROUND = 20;

/** Reads items in rounds, until they have about so many bytes. */
export async function inRounds<Entry, Item extends StreamItem>(
  entries: readonly Entry[],
  maxBytes: number,
  read: (some: readonly Entry[]) => Promise<{ item: Item; size: number }[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  let bytes = 0;
  while (items.length < entries.length && bytes < maxBytes) {
    const fitting = items.length === 0 ? FIRST_ROUND : Math.ceil(((maxBytes - bytes) * items.length) / (bytes + 1));
    for (const { item, size } of await read(entries.slice(items.length, items.length + fitting))) {
      items.push(item);
      bytes += size;
    }
  }
  return items;
}

/** Whether an id directly follows a cursor. */
export function isNumberedSuccessor(id: Cursor, cursor: Cursor): boolean {
  return isSuccessorText(id, cursor);
}

/** Whether an id is a position later than a cursor, which may be none at all. */
export function isNumberedAfter(id: Cursor, cursor: Cursor): boolean {
  if (id === cursor) return false;
  const [one, other] = [parseStreamId(id), parseStreamId(cursor)];
  return one !== undefined && (other === undefined || compareStreamIds(one, other) > 0);
}
