import { type Conversation, type MessageId, sentAt, type Uid } from '../ids.ts';
import type { RawEntry } from '../redis/scripts.ts';

/** A map of strings, as users, groups and messages carry them. */
export type Fields = Record<string, string>;

/** An entry of a log. */
export interface LogEntry {
  id: MessageId;
  from: Uid;
  /** How many entries up to this one make the conversation unread. */
  n: number;
  action?: string;
  clientMessageId?: string;
  fields: Fields;
}

/** A message as its reader sees it. */
export interface Message {
  id: MessageId;
  conversation: Conversation;
  /** Absent only in a tombstone (`action: "gone"`). */
  from?: Uid;
  action?: string;
  fields: Fields;
  sentAt: string;
  clientMessageId?: string;
}

/** Field names that a sender can't use: a log entry keeps its own members under them. */
export const RESERVED_MESSAGE_FIELDS: ReadonlySet<string> = new Set(['uid', 'n', 'action', 'cid']);

/** Fields from a flat list, from `first` on. Without a prototype, so that no field name has a meaning to JavaScript. */
export function fieldsFrom(flat: readonly string[], first = 0): Fields {
  const fields: Fields = Object.create(null);
  for (let i = first; i + 1 < flat.length; i += 2) fields[flat[i]!] = flat[i + 1]!;
  return fields;
}

/** Fields as a flat list of names and values. */
export function flatten(fields: Fields): string[] {
  return Object.entries(fields).flat();
}

/** Reads an entry as the scripts write it: `uid`, `n`, perhaps `action` and `cid`, then the sender's fields. */
export function parseEntry([id, flat]: RawEntry): LogEntry {
  const entry: LogEntry = { id: id as MessageId, from: (flat[1] ?? '') as Uid, n: Number(flat[3] ?? 0), fields: {} };
  let next = 4;
  if (flat[next] === 'action') {
    entry.action = flat[next + 1]!;
    next += 2;
  }
  if (flat[next] === 'cid') {
    entry.clientMessageId = flat[next + 1]!;
    next += 2;
  }
  entry.fields = fieldsFrom(flat, next);
  return entry;
}

/** What a reader of `conversation` sees of an entry; a tombstone where the entry is gone. */
export function toMessage(conversation: Conversation, id: MessageId, entry: LogEntry | undefined): Message {
  if (!entry) return { id, conversation, action: 'gone', fields: {}, sentAt: sentAt(id) };
  return {
    id,
    conversation,
    from: entry.from,
    ...(entry.action === undefined ? {} : { action: entry.action }),
    fields: entry.fields,
    sentAt: sentAt(id),
    ...(entry.clientMessageId === undefined ? {} : { clientMessageId: entry.clientMessageId }),
  };
}
