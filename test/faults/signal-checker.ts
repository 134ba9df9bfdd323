import type { Follower, History, Mark, Truth } from './history.ts';

/** What is in Redis of what users have read. */
export type Known = Pick<Truth, 'receipts' | 'marks'>;

/**
 * Who has not been told how far somebody has read, and was not told afterwards either that it may have missed something.
 * Only the last word on each counts: what it says, earlier ones do not say any more.
 */
export function missingSignals({ followers, marks, sends, broken }: History, known: Known): string[] {
  const membersOf = new Map(sends.map(({ log, to }) => [log, to]));
  const senderOf = new Map(
    sends.flatMap(({ log, from, attempts }) => attempts.flatMap(({ mid }) => (mid ? [[`${log} ${mid}`, from]] : []))),
  );
  /** When somebody has marked a log read up to a message, the last time that it was asked for. */
  const markedAt = ({ uid, log, upTo }: Omit<Mark, 'from'>) => {
    const same = marks.filter((mark) => mark.uid === uid && mark.log === log && mark.upTo === upTo);
    return Math.max(...same.map(({ from }) => from));
  };
  /** The last words that a user's streams have to have had. */
  const wordsFor = (uid: string): Omit<Mark, 'from'>[] => {
    const ofOthers = [...known.receipts].flatMap(([log, readers]) =>
      membersOf.get(log)?.includes(uid) ? [...readers].map(([reader, upTo]) => ({ uid: reader, log, upTo })) : [],
    );
    // One's own devices are told of a mark, unless it was one's own message that has moved it.
    const own = [...(known.marks.get(uid) ?? [])].map(([log, upTo]) => ({ uid, log, upTo }));
    return [
      ...ofOthers.filter((word) => word.uid !== uid),
      ...own.filter((word) => markedAt(word) > 0 && senderOf.get(`${word.log} ${word.upTo}`) !== uid),
    ];
  };
  const isMissing = ({ signals = [] }: Follower, { uid, log, upTo }: Omit<Mark, 'from'>) => {
    const isTold = signals.some((signal) => signal.uid === uid && signal.log === log && signal.upTo === upTo);
    const lastStale = signals.findLast(({ event }) => event === 'stale')?.at ?? 0;
    return !isTold && lastStale < markedAt({ uid, log, upTo });
  };
  const present = followers.filter(({ uid, hasLeft, signals }) => signals && !hasLeft && !broken.has(uid));
  return present.flatMap((follower) =>
    wordsFor(follower.uid)
      .filter((word) => isMissing(follower, word))
      .map(({ uid, log, upTo }) => `${follower.name} was not told that ${uid} has read ${log} up to ${upTo}`),
  );
}
