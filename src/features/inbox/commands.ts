import type { LogName } from '../../domain/conversations.ts';
import { type LogEntry, parseEntry, type RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { type Cursor, isStreamId, type MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import type { ReadOutcome } from '../../redis/shared-reads.ts';

/** A piece of an inbox that somebody wants to read. */
export interface Wanted {
  uid: Uid;
  /** As XRANGE takes it. */
  start: string;
  /** 0 is only the position. */
  count: number;
}

/** What was read of an inbox in one moment. */
export interface InboxStretch {
  epoch: string;
  /** The newest id that it ever had, `''` if none. */
  newest: string;
  /** Tells the user apart from former and later ones of the same name. */
  incarnation: string;
  entries: readonly Reference[];
}

/** Of `blurred` entries one can't tell them from one another: they have to be read `apart`. */
type InboxOutcome = ReadOutcome<InboxStretch | 'blurred'>;

/** How many bytes of entries one call of {@link readInboxes} reads, about: some 1,000 references, and 3 ms in which Redis does nothing else. */
const BYTES_A_CALL = 64 * 1024;

/** Each with an outcome of its own; those that were not tried, after too many entries, have none. */
export const readInboxes = command({
  script: new URL('./inboxes.lua', import.meta.url),
  keys: (keys, { wanted }: { wanted: readonly Wanted[]; apart?: boolean }) =>
    wanted.flatMap(({ uid }) => [keys.inbox(uid), keys.user(uid), keys.removedUser(uid)]),
  args: ({ wanted, apart }) => [
    BYTES_A_CALL,
    apart ? '1' : '',
    ...wanted.flatMap(({ start, count }) => [start, count]),
  ],
  decode: ([epoch, ...flat]: [string, ...(string | number | RawEntry[])[]]) => {
    const outcomes: InboxOutcome[] = [];
    for (let i = 0; i < flat.length; i += 4) {
      const [newest, incarnation, read, entries] = flat.slice(i, i + 4) as [
        string,
        string,
        number,
        string | RawEntry[],
      ];
      outcomes.push(read < 0 ? { refused: newest } : stretchOf(epoch, newest, incarnation, read, entries));
    }
    return outcomes;
  },
});

function stretchOf(
  epoch: string,
  newest: string,
  incarnation: string,
  read: number,
  raw: string | RawEntry[],
): InboxStretch | 'blurred' {
  const entries = typeof raw === 'string' ? referencesIn(raw, read) : raw.map(referenceOf);
  return entries ? { epoch, newest, incarnation, entries } : 'blurred';
}

/** An inbox entry: a reference to a message, and the message itself where its log went away. */
export interface Reference {
  cursor: Cursor;
  log: LogName;
  id: MessageId;
  inline?: LogEntry;
}

function referencesIn(text: string, count: number): Reference[] | undefined {
  if (count === 0) return [];
  const words = text.split(' ');
  // Somebody has written one by hand, and with blanks.
  if (words.length !== 3 * count) return undefined;
  const references = new Array<Reference>(count);
  for (let i = 0; i < count; i++) references[i] = referenceTo(words[3 * i]!, words[3 * i + 1], words[3 * i + 2]);
  return references;
}

function referenceOf(raw: RawEntry): Reference {
  const [cursor, [fw, log, , mid, ...inline]] = raw;
  const reference = referenceTo(cursor, fw === 'FW' ? log : undefined, mid);
  if (inline.length > 0) reference.inline = parseEntry([reference.id, inline]);
  return reference;
}

function referenceTo(cursor: string, log = '', mid = ''): Reference {
  // Somebody may have written it by hand: what is no id would fail the whole page.
  return { cursor: cursor as Cursor, log: log as LogName, id: (isStreamId(mid) ? mid : '0-0') as MessageId };
}

/** Where the inbox of each reader ends, and which user of the name there is (`''`: none), in their order. */
export const verifyInboxes = command({
  script: new URL('./verify.lua', import.meta.url),
  keys: (keys, uids: readonly Uid[]) => uids.flatMap((uid) => [keys.inbox(uid), keys.user(uid), keys.removedUser(uid)]),
  args: () => [],
  decode: ([epoch, ...flat]: [string, ...string[]], uids) => ({
    epoch,
    readers: uids.map((_, i) => ({ newest: flat[2 * i]!, incarnation: flat[2 * i + 1]! })),
  }),
});
