import { hash } from 'node:crypto';
import type { Conversation, LogName } from './conversations.ts';
import { cut } from './cut.ts';
import type { Uid } from './names.ts';
import type { MessageId } from './stream-ids.ts';

/** What somebody is to be told of a message. */
export interface Notification {
  conversation: Conversation;
  id: MessageId;
  from: Uid;
  /** `''` if there is none. */
  fromName: string;
  groupName: string;
  isMention: boolean;
  /** How much of the conversation is unread. */
  unread: number;
  /** Absent where texts are not pushed, or there is none. */
  text: string | undefined;
}

const NAME_LENGTH = 80;
const TEXT_LENGTH = 500;
/** A push service takes 4,096 bytes; what encrypts takes about a hundred of them. */
const PAYLOAD_BYTES = 3_500;
/** How long a Topic may be. */
const TOPIC_LENGTH = 32;

/** What a browser is told, as JSON that a push service takes. */
export function payloadOf({ fromName, groupName, text, ...rest }: Notification): string {
  const named = {
    type: 'message.created',
    ...rest,
    ...(fromName === '' ? {} : { fromName: cut(fromName, NAME_LENGTH) }),
    ...(groupName === '' ? {} : { groupName: cut(groupName, NAME_LENGTH) }),
  };
  let length = TEXT_LENGTH;
  for (;;) {
    const payload = JSON.stringify({ ...named, ...(text ? { text: cut(text, length) } : {}) });
    if (!text || length === 0 || Buffer.byteLength(payload) <= PAYLOAD_BYTES) return payload;
    length = Math.floor(length / 2);
  }
}

/** What a phone might show. */
export function suggestedFor({ from, fromName, groupName, conversation, text }: Notification): {
  title: string;
  body: string;
} {
  const name = cut(fromName || from, NAME_LENGTH);
  const body = text ? cut(text, TEXT_LENGTH) : 'New message';
  if (!conversation.startsWith('group:')) return { title: name, body };
  const group = cut(groupName || conversation.slice('group:'.length), NAME_LENGTH);
  return { title: group, body: `${name}: ${body}` };
}

/** What one conversation's pushes to one person have in common: a newer one takes the place of one that has not arrived. */
export function topicOf(uid: Uid, log: LogName): string {
  return hash('sha256', `${uid} ${log}`, 'base64url').slice(0, TOPIC_LENGTH);
}
