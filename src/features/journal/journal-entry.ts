import { conversationOf, type LogName } from '../../domain/conversations.ts';
import { renderMessage } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { suggestedFor } from '../../domain/notifications.ts';
import { type Cursor, type MessageId, sentAt } from '../../domain/stream-ids.ts';
import type { KeptEntry } from '../messages/kept-entry.ts';

/** Every type of event that the journal has. */
export const EVENT_TYPES = [
  'message.created',
  'message.edited',
  'message.erased',
  'event.created',
  'reaction.added',
  'reaction.removed',
  'member.joined',
  'member.left',
  'member.updated',
  'member.banned',
  'member.unbanned',
  'request.created',
  'request.removed',
  'group.created',
  'group.updated',
  'group.removed',
  'user.created',
  'user.updated',
  'user.removed',
  'user.suspended',
  'user.unsuspended',
  'block.added',
  'block.removed',
  'notification.wanted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The kinds of conversations, as the server's own backend tells them apart. */
export const CONVERSATION_KINDS = ['direct', 'group', 'channel'] as const;
export type ConversationKind = (typeof CONVERSATION_KINDS)[number];

/** An entry of the journal as Redis has it. */
export interface RawJournalEntry {
  cursor: Cursor;
  flat: readonly string[];
}

/** The message that an entry is about: its text is in its log alone. */
export interface MessageRef {
  log: LogName;
  id: MessageId;
}

/** An entry of the journal. */
export class JournalEntry {
  readonly cursor: Cursor;
  readonly type: EventType;
  /** When it was decided, RFC 3339. */
  readonly timestamp: string;
  /** As Redis has it. */
  readonly flat: readonly string[];
  readonly #words: ReadonlyMap<string, string>;

  constructor({ cursor, flat }: RawJournalEntry) {
    const words = new Map<string, string>();
    for (let i = 0; i + 1 < flat.length; i += 2) words.set(flat[i]!, flat[i + 1]!);
    this.cursor = cursor;
    this.flat = flat;
    this.type = words.get('type') as EventType;
    this.timestamp = sentAt(`${words.get('at') ?? '0'}-0` as MessageId);
    this.#words = words;
  }

  /** What has to be read before it can be rendered. */
  get message(): MessageRef | undefined {
    const isMessage =
      this.type.startsWith('message.') || this.type === 'event.created' || this.type === 'notification.wanted';
    return isMessage ? { log: this.#word('log') as LogName, id: this.#word('mid') as MessageId } : undefined;
  }

  /** Undefined where it is about no conversation, or about a group as such. */
  get conversationKind(): ConversationKind | undefined {
    const log = this.#words.get('log');
    if (log === undefined) return undefined;
    if (log.startsWith('ds:')) return 'direct';
    return this.#words.get('kind') === 'channel' ? 'channel' : 'group';
  }

  /**
   * As JSON: `type`, `timestamp` and `data`.
   *
   * @param kept the message that it is about; absent where it is gone
   * @param showsText whether a notification has the text of its message
   */
  render(kept: KeptEntry | undefined, showsText: boolean): string {
    return `{"type":"${this.type}","timestamp":"${this.timestamp}","data":${this.#data(kept, showsText)}}`;
  }

  #data(kept: KeptEntry | undefined, showsText: boolean): string {
    const log = this.#words.get('log') as LogName | undefined;
    if (log === undefined) return JSON.stringify(this.#plain());
    const uid = this.#word('uid') as Uid;
    const conversation = conversationOf(uid, log);
    const kind = this.conversationKind;
    if (this.type === 'notification.wanted') return this.#wanted(uid, kept, showsText);
    if (!this.message) {
      const target = this.#word('mid');
      return JSON.stringify({ conversation, conversationKind: kind, target, uid, reaction: this.#word('reaction') });
    }
    const json = kept ? kept.jsonIn(conversation) : renderMessage(conversation, this.message.id, undefined);
    return `{"conversationKind":"${kind}","message":${json}}`;
  }

  /** Its text is that of the message, which goes with it. */
  #wanted(uid: Uid, kept: KeptEntry | undefined, showsText: boolean): string {
    const notification = {
      conversation: conversationOf(uid, this.#word('log') as LogName),
      id: this.#word('mid') as MessageId,
      from: this.#word('from') as Uid,
      fromName: this.#word('fromName'),
      groupName: this.#word('groupName'),
      isMention: this.#word('isMention') === '1',
      unread: Number(this.#word('unread')),
      text: showsText ? kept?.entry.fields.text : undefined,
    };
    const { fromName, groupName, text, ...shown } = notification;
    return JSON.stringify({
      uid,
      devices: JSON.parse(this.#word('devices')),
      conversationKind: this.conversationKind,
      ...shown,
      ...(fromName === '' ? {} : { fromName }),
      ...(groupName === '' ? {} : { groupName }),
      badge: Number(this.#word('badge')),
      topic: this.#word('topic'),
      suggested: suggestedFor(notification),
    });
  }

  #plain(): Record<string, string> {
    const data: Record<string, string> = {};
    for (const [name, value] of this.#words) {
      if (name === 'type' || name === 'at') continue;
      if (name === 'silenced') {
        if (value !== '0') data.silencedUntil = sentAt(`${value}-0` as MessageId);
      } else if (value !== '') data[name] = value;
    }
    return data;
  }

  #word(name: string): string {
    return this.#words.get(name) ?? '';
  }
}
