import type { History, Mark } from './history.ts';

/** Up to where each user lets the others of a log know that it has read: by log, then user. */
export type Receipts = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Who has not been told how far somebody has read, and was not told afterwards either that it may have missed something.
 * Only the last word on each counts: what it says, earlier ones do not say any more.
 */
export function missingSignals({ followers, marks, sends, broken }: History, receipts: Receipts): string[] {
  const membersOf = new Map(sends.map(({ log, to }) => [log, to]));
  const missing: string[] = [];
  for (const { name, uid, hasLeft, signals } of followers) {
    if (!signals || hasLeft || broken.has(uid)) continue;
    const told = new Set(signals.map(({ log, uid: reader, upTo }) => `${log} ${reader} ${upTo}`));
    const lastStale = signals.findLast(({ event }) => event === 'stale')?.at ?? 0;
    for (const [log, readers] of receipts) {
      if (!membersOf.get(log)?.includes(uid)) continue;
      for (const [reader, upTo] of readers) {
        if (told.has(`${log} ${reader} ${upTo}`)) continue;
        const of = (mark: Mark) => mark.uid === reader && mark.log === log && mark.upTo === upTo;
        const at = Math.max(...marks.filter(of).map(({ from }) => from));
        if (lastStale < at) missing.push(`${name} was not told that ${reader} has read ${log} up to ${upTo}`);
      }
    }
  }
  return missing;
}
