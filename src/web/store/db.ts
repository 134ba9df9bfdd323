import { Dexie, type EntityTable, type Table } from 'dexie';
import type { Conversation, Group, Message } from '../api/client.ts';
import type { Attachment } from './attachments.ts';

/** A message as it is kept: `seq` is its number in the conversation, by which it is ordered. */
export interface StoredMessage extends Message {
  seq: number;
}

/** A conversation of the list, with the reader's own settings of it. */
export interface StoredConversation
  extends Pick<Conversation, 'readUpTo' | 'mutedUntil' | 'pinned' | 'archived' | 'markedUnread'> {
  conversation: string;
  unread: number;
  /** How many of the unread ones mention the reader. */
  mentions?: number;
  last?: StoredMessage;
  /** When its last message was sent, ms since 1970. */
  position: number;
}

/** A message that the service does not have yet. */
export interface Outgoing {
  clientMessageId: string;
  conversation: string;
  text: string;
  replyTo?: string;
  mentions?: string[];
  /** Files that were uploaded. */
  attachments?: Attachment[];
  /** When it was written, ms since 1970; it is sent in this order. */
  writtenAt: number;
  /** When it was first sent, ms since 1970; absent before. */
  triedAt?: number | undefined;
  /** The code with which the service refused it; absent while it waits to be sent. */
  refusal?: string | undefined;
  /** What the service says of it. */
  refusalDetail?: string | undefined;
}

/** What was begun to be written in a conversation. */
export interface StoredDraft {
  conversation: string;
  text: string;
  /** Files that were uploaded for it. */
  attachments?: Attachment[];
}

/** How far somebody has read a conversation, as far as the others may know. */
export interface StoredReceipt {
  conversation: string;
  uid: string;
  /** The last message read. */
  readUpTo: string;
}

/** A name and a picture, of a person (`user:<uid>`) or a group (`group:<gid>`): named as the conversation is. */
export interface Profile {
  conversation: string;
  name: string;
  avatar: string;
  /** How a group is delivered; absent of a person, and where it may have changed. */
  kind?: Group['kind'] | undefined;
  /** When it was asked for, ms since 1970. */
  askedAt: number;
}

/**
 * What this browser keeps for one user, and the only truth for what is shown: several tabs show the same, and a reload
 * shows it at once.
 */
export class Store extends Dexie {
  declare messages: Table<StoredMessage, [string, number]>;
  declare conversations: EntityTable<StoredConversation, 'conversation'>;
  declare outbox: EntityTable<Outgoing, 'clientMessageId'>;
  declare receipts: Table<StoredReceipt, [string, string]>;
  declare drafts: EntityTable<StoredDraft, 'conversation'>;
  declare profiles: EntityTable<Profile, 'conversation'>;
  /** Of the `inbox`, and of each channel that was followed: `log group:<gid>`. */
  declare positions: EntityTable<{ name: string; cursor: string }, 'name'>;

  constructor(uid: string) {
    super(`redisim ${uid}`);
    this.version(1).stores({
      messages: '[conversation+seq], clientMessageId',
      conversations: 'conversation, position',
      outbox: 'clientMessageId, [conversation+writtenAt], writtenAt',
      drafts: 'conversation',
      profiles: 'conversation',
      positions: 'name',
    });
    this.version(2).stores({ receipts: '[conversation+uid], conversation' });
  }
}

export function toStored(message: Message): StoredMessage {
  return { ...message, seq: seqOf(message.id) };
}

/** Whether an entry is a change of an earlier message, which stands for nothing of its own in a conversation. */
export function isChange({ action }: Message): boolean {
  return action === 'edit' || action === 'erase';
}

/** Whether an entry is of no log: who joins a channel or leaves it, and who has reacted, is told in an inbox alone. */
export function isApart({ id }: Message): boolean {
  return seqOf(id) === 0;
}

/**
 * A page of a history as it is kept. A history passes over changes: their numbers are filled, so that what is kept has holes
 * only where something is missing. `after` is the number that the page follows, if that is known.
 */
export function toStoredPage(items: readonly Message[], after?: number): StoredMessage[] {
  const stored: StoredMessage[] = [];
  let expected = after === undefined ? undefined : after + 1;
  for (const message of items.map(toStored)) {
    for (let seq = expected ?? message.seq; seq < message.seq; seq++) {
      const { conversation, sentAt } = message;
      stored.push({ id: `${message.id} ${seq}`, conversation, sentAt, seq, action: 'edit', fields: {} });
    }
    stored.push(message);
    expected = message.seq + 1;
  }
  return stored;
}

/** The number of a message in its conversation; of a cursor of its log, that of the entry it is behind. */
export function seqOf(id: string): number {
  return Number(id.slice(id.indexOf('-') + 1));
}

/** Whether an entry is something that a person said, and nobody has erased. */
export function isSaid({ action }: Message): boolean {
  return !action;
}

/** Whether an entry tells the reader, `uid`, that they can read no more of the conversation. */
export function isEnd(message: Message, uid: string): boolean {
  if (message.action === 'delete') return true;
  return (message.action === 'quit' || message.action === 'ban') && message.from === uid;
}

/** What the service says of a conversation replaces what was counted here. */
export function toStoredConversation({ last, ...rest }: Conversation): StoredConversation {
  return {
    ...rest,
    ...(last ? { last: toStored(last), position: Date.parse(last.sentAt) } : { position: 0 }),
  };
}
