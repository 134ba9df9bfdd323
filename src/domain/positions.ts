import { compareStreamIds, parseStreamId, predecessor, type StreamId } from './stream-ids.ts';

/** A position of a stream is the id after which reading goes on: that of an entry, or one that stands for the start. */

/** Before the first id of all; as a cursor the same as `0`. */
export const OLDEST: StreamId = { ms: 0n, seq: 0n };

/**
 * The newest position of an inbox (or the feed) from the newest id it ever had (`''` if none) and the epoch. Where there
 * is no entry of this epoch it is the one directly before the epoch's first.
 */
export function newestPosition(epoch: string, newest: string): StreamId {
  const start = predecessor({ ms: BigInt(epoch), seq: 0n });
  const last = parseStreamId(newest);
  return last && compareStreamIds(last, start) > 0 ? last : start;
}
