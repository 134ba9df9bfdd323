import { t } from '../i18n/texts.ts';
import { dayAndTime } from '../i18n/time.ts';
import type { Chat } from '../store/chat.svelte.ts';
import { idOf, isGroup } from '../store/ids.ts';

/** Who types in a conversation, in words; empty where nobody does. */
export function typingText(chat: Chat, conversation: string, nameOf: (uid: string) => string): string {
  const [first, ...others] = chat.typing.in(conversation);
  if (first === undefined) return '';
  if (!isGroup(conversation)) return t.typingAlone;
  return others.length === 0 ? t.typing(nameOf(first)) : t.typingMany;
}

/** Whether somebody is there, or was, in words; empty where it is not known, or nobody is to know. */
export function presenceText(chat: Chat, uid: string): string {
  const presence = chat.presence.of(uid);
  if (presence?.online) return t.online;
  return presence?.lastSeenAt ? t.lastSeen(dayAndTime(presence.lastSeenAt)) : '';
}

/** Whether the other one of a direct chat is there. */
export function isOnline(chat: Chat, conversation: string): boolean {
  return (
    !isGroup(conversation) && idOf(conversation) !== chat.uid && chat.presence.of(idOf(conversation))?.online === true
  );
}
