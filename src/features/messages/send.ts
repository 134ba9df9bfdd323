import { hash } from 'node:crypto';
import type { Actor } from '../../domain/actor.ts';
import type { Conversation } from '../../domain/conversations.ts';
import type { Fields } from '../../domain/entries.ts';
import type { AttachmentInput } from '../../domain/files.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';

/** What a server key may put into a conversation beside messages. */
export const CUSTOM = 'custom';

/** One message to send, or an event, as it is asked for. */
export interface Send {
  uid: Uid;
  conversation: Conversation;
  /** Whether the user itself asks for it; a server does, unless it says so. */
  caller?: Actor['kind'] | undefined;
  /** Of an event; absent in a message. */
  action?: typeof CUSTOM;
  /** May be absent where there are attachments. */
  fields?: Fields | undefined;
  /** Makes a repeated send answer with the first message. */
  clientMessageId?: string | undefined;
  /** An earlier message of the conversation. */
  replyTo?: MessageId | undefined;
  /** Who is in the conversation, or `*` alone for everybody in a group. */
  mentions?: readonly string[] | undefined;
  /** Files that the sender has uploaded, or may read. */
  attachments?: readonly AttachmentInput[] | undefined;
  /** It notifies nobody. */
  silent?: boolean | undefined;
}

/** Tells two requests apart that carry the same clientMessageId; the order of the fields does not matter. */
export function digestOf({ action, fields = {}, replyTo, mentions, attachments, silent }: Send): string {
  const sorted: unknown[] = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  if (replyTo !== undefined) sorted.push(replyTo);
  if (mentions?.length) sorted.push(mentions);
  if (attachments?.length) sorted.push({ attachments });
  if (silent) sorted.push({ silent });
  if (action !== undefined) sorted.push({ action });
  return hash('sha256', JSON.stringify(sorted), 'base64url').slice(0, 22);
}
