import { ImError } from './errors.ts';

/** One page of a list; `next` is what to pass as `after` for the following one, absent on the last. */
export interface Page<Item> {
  items: Item[];
  next?: string;
}

/** Which page of a list is asked for. */
export interface PageRequest {
  limit: number;
  after?: string | undefined;
}

/**
 * One page of a list. The position is a place in the order, not a number of items, so that nothing is skipped or
 * repeated when the list changes between two pages.
 *
 * @param sorted all items, in order
 * @param positionOf an item's place in the order, as text
 * @param isPast whether an item comes after a place
 */
export function pageOf<Item>(
  sorted: Item[],
  { limit, after }: PageRequest,
  positionOf: (item: Item) => string,
  isPast: (item: Item, position: string) => boolean,
): Page<Item> {
  const first = after === undefined ? 0 : sorted.findIndex((item) => isPast(item, after));
  if (first < 0) return { items: [] };
  const items = sorted.slice(first, first + limit);
  return first + limit < sorted.length ? { items, next: positionOf(items.at(-1)!) } : { items };
}

/** A position made of a number and a name, as lists that are sorted by time have it. */
function parsePosition(position: string): { score: number; name: string } {
  const comma = position.indexOf(',');
  const score = Number(position.slice(0, Math.max(comma, 0)) || Number.NaN);
  if (Number.isNaN(score)) {
    throw new ImError(
      'invalid_cursor',
      '"after" has to be the "next" of the page before, for example 1763900000123,user:bob.',
    );
  }
  return { score, name: position.slice(comma + 1) };
}

/** A page of a sorted set whose scores are times in ms, from the reply of ZRANGE … WITHSCORES. */
export function pageByTime<Item>(
  withScores: string[],
  request: PageRequest,
  toItem: (name: string, at: string) => Item,
): Page<Item> {
  const rows: { name: string; ms: number }[] = [];
  for (let i = 0; i < withScores.length; i += 2) rows.push({ name: withScores[i]!, ms: Number(withScores[i + 1]) });
  const past = request.after === undefined ? undefined : parsePosition(request.after);
  const page = pageOf(
    rows,
    request,
    (row) => `${row.ms},${row.name}`,
    (row) => row.ms > past!.score || (row.ms === past!.score && row.name > past!.name),
  );
  return { ...page, items: page.items.map((row) => toItem(row.name, new Date(row.ms).toISOString())) };
}
