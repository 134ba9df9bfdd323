import type { Conversation } from './conversations.ts';
import { type Attachment, attachmentsFrom } from './files.ts';
import type { Uid } from './names.ts';
import { type MessageId, sentAt } from './stream-ids.ts';

/** An entry of a stream as Redis answers it: its id, and a flat list of fields and values. */
export type RawEntry = [id: string, flat: string[]];

/** A map of strings, as users, groups and messages carry them. */
export type Fields = Record<string, string>;

/** An entry of a log. */
export interface LogEntry {
  id: MessageId;
  from: Uid;
  /** How many entries up to this one make the conversation unread. */
  n: number;
  action?: string;
  /** The message that a change is of. */
  target?: MessageId;
  /** Who did it, where it was somebody else than `from`. */
  by?: Uid;
  clientMessageId?: string;
  replyTo?: MessageId;
  /** Uids, or `*` for everybody. */
  mentions?: string[];
  attachments?: Attachment[];
  /** It notifies nobody. */
  silent?: true;
  fields: Fields;
}

/** How often a message was reacted to in one way. */
export interface ReactionCount {
  reaction: string;
  count: number;
  /** Whether the reader is one of them. */
  mine: boolean;
}

/** A message as its reader sees it. */
export interface Message {
  id: MessageId;
  conversation: Conversation;
  /** Absent only in a tombstone (`action: "gone"`). */
  from?: Uid;
  action?: string;
  /** The message that a change (`edit`, `erase`) is of. */
  target?: MessageId;
  /** Who did it, where it was somebody else than `from`. */
  by?: Uid;
  fields: Fields;
  sentAt: string;
  clientMessageId?: string;
  replyTo?: MessageId;
  mentions?: string[];
  attachments?: Attachment[];
  silent?: true;
  /** What a history knows beside the entry. */
  replyCount?: number;
  editedAt?: string;
  erasedAt?: string;
  reactions?: ReactionCount[];
}

/** Field names that a sender can't use: a log entry keeps its own members under them. */
export const RESERVED_MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'uid',
  'n',
  'action',
  'target',
  'last',
  'by',
  'cid',
  'reply',
  'mentions',
  'attachments',
  'silent',
]);

/** What an entry has as `silent`, where it is. */
const SILENT = '1';

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

/** Reads an entry as the scripts write it: `uid`, `n`, then what there is of `action` to `silent`, then the fields. */
export function parseEntry([id, flat]: RawEntry): LogEntry {
  const entry: LogEntry = { id: id as MessageId, from: (flat[1] ?? '') as Uid, n: Number(flat[3] ?? 0), fields: {} };
  let next = 4;
  const own = (name: string) => {
    if (flat[next] !== name) return undefined;
    next += 2;
    return flat[next - 1]!;
  };
  const [action, target] = [own('action'), own('target')];
  // Of a change: where a history goes on, which is the scripts' business.
  own('last');
  const [by, clientMessageId, replyTo, mentions] = [own('by'), own('cid'), own('reply'), own('mentions')];
  if (action !== undefined) entry.action = action;
  if (target !== undefined) entry.target = target as MessageId;
  if (by !== undefined) entry.by = by as Uid;
  if (clientMessageId !== undefined) entry.clientMessageId = clientMessageId;
  if (replyTo !== undefined) entry.replyTo = replyTo as MessageId;
  if (mentions !== undefined) entry.mentions = mentions.split(' ');
  // Another version may have let a sender call a field so.
  const attachments = flat[next] === 'attachments' ? attachmentsFrom(flat[next + 1]!) : undefined;
  if (attachments) {
    entry.attachments = attachments;
    next += 2;
  }
  if (flat[next] === 'silent' && flat[next + 1] === SILENT) {
    entry.silent = true;
    next += 2;
  }
  entry.fields = fieldsFrom(flat, next);
  return entry;
}

/** The action of an entry as the scripts write it, before the rest is read. */
export function actionIn(flat: readonly string[]): string | undefined {
  return flat[4] === 'action' ? flat[5] : undefined;
}

/** What a reader of `conversation` sees of an entry; a tombstone where the entry is gone. */
export function toMessage(conversation: Conversation, id: MessageId, entry: LogEntry | undefined): Message {
  if (!entry) return { id, conversation, action: 'gone', fields: {}, sentAt: sentAt(id) };
  const { from, action, target, by, fields, clientMessageId, replyTo, mentions, attachments, silent } = entry;
  const message = { id, conversation, from } as Message;
  if (action !== undefined) message.action = action;
  if (target !== undefined) message.target = target;
  if (by !== undefined) message.by = by;
  message.fields = fields;
  message.sentAt = sentAt(id);
  if (clientMessageId !== undefined) message.clientMessageId = clientMessageId;
  if (replyTo !== undefined) message.replyTo = replyTo;
  if (mentions !== undefined) message.mentions = mentions;
  if (attachments !== undefined) message.attachments = attachments;
  if (silent) message.silent = true;
  return message;
}

/** The same as JSON: what every transport writes. */
export function renderMessage(conversation: Conversation, id: MessageId, entry: LogEntry | undefined): string {
  return JSON.stringify(toMessage(conversation, id, entry));
}
