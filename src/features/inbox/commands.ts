import type { LogName } from '../../domain/conversations.ts';
import { type LogEntry, parseEntry, type RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { type Cursor, isStreamId, type MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

/** Refuses `user_not_found`. */
export const readInbox = command({
  script: new URL('./inbox.lua', import.meta.url),
  keys: (keys, { uid }: { uid: Uid; start: string; count: number }) => [
    keys.inbox(uid),
    keys.user(uid),
    keys.removedUser(uid),
  ],
  args: ({ start, count }) => [start, count],
  decode: ([epoch, newest, incarnation, entries]: [string, string, string, (string | RawEntry)[]]) => ({
    epoch,
    newest,
    incarnation,
    entries: entries.map(referenceOf),
  }),
});

/** An inbox entry: a reference to a message, and the message itself where its log went away. */
export interface Reference {
  cursor: Cursor;
  log: LogName;
  id: MessageId;
  inline?: LogEntry;
}

function referenceOf(raw: string | RawEntry): Reference {
  if (typeof raw === 'string') {
    const first = raw.indexOf(' ');
    const second = raw.indexOf(' ', first + 1);
    return referenceTo(raw.slice(0, first), raw.slice(first + 1, second), raw.slice(second + 1));
  }
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
