import type { LogName } from '../../domain/conversations.ts';
import { type LogEntry, parseEntry, type RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { type Cursor, isStreamId, type MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

/** Refuses `user_not_found`. */
export const readInbox = command({
  script: new URL('./inbox.lua', import.meta.url),
  keys: (keys, { uid }: { uid: Uid; start: string; count: number; apart?: boolean }) => [
    keys.inbox(uid),
    keys.user(uid),
    keys.removedUser(uid),
  ],
  args: ({ start, count, apart }) => [start, count, apart ? '1' : ''],
  decode: ([epoch, newest, incarnation, read, entries]: [string, string, string, number, string | RawEntry[]]) => ({
    epoch,
    newest,
    incarnation,
    /** Undefined where one can't tell them from one another: they have to be read `apart`. */
    entries: typeof entries === 'string' ? referencesIn(entries, read) : entries.map(referenceOf),
  }),
});

/** An inbox entry: a reference to a message, and the message itself where its log went away. */
export interface Reference {
  cursor: Cursor;
  log: LogName;
  id: MessageId;
  inline?: LogEntry;
}

function referencesIn(text: string, count: number): Reference[] | undefined {
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
