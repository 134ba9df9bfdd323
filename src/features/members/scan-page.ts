import type { Redis } from 'ioredis';
import { ImError } from '../../domain/errors.ts';
import type { Page, PageRequest } from '../../domain/pages.ts';

/** Where a page of a set begins: a cursor of SSCAN, and the last name of what that brings which is done with. */
const POSITION = /^(\d{1,20}),(.*)$/;

/**
 * A page of a set of any size, in no order: what is there from the first page to the last is on one of them, perhaps on two. A
 * step of SSCAN may bring more than a page takes, so that the position has a name, too.
 *
 * @throws ImError `invalid_cursor`
 */
export async function scanPage(redis: Redis, key: string, { limit, after }: PageRequest): Promise<Page<string>> {
  let [cursor, name] = positionOf(after);
  for (;;) {
    const [next, found] = await redis.sscan(key, cursor, 'COUNT', limit);
    const left = [...new Set(found)].sort().filter((one) => one > name);
    const items = left.slice(0, limit);
    if (items.length < left.length) return { items, next: `${cursor},${items.at(-1)}` };
    if (next === '0') return { items };
    // A step may bring nothing.
    if (items.length > 0) return { items, next: `${next},` };
    [cursor, name] = [next, ''];
  }
}

function positionOf(after: string | undefined): [cursor: string, name: string] {
  if (after === undefined) return ['0', ''];
  const match = POSITION.exec(after);
  if (match) return [match[1]!, match[2]!];
  throw new ImError(
    'invalid_cursor',
    '"after" has to be the "next" of the page before; this is a channel: begin again without it.',
  );
}
