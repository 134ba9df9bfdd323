/** A name that nobody else will choose. */
export { newClientMessageId as newId } from '@redisim/client';

/** The id of a conversation's person or group. */
export function idOf(conversation: string): string {
  return conversation.slice(conversation.indexOf(':') + 1);
}

export function isGroup(conversation: string): boolean {
  return conversation.startsWith('group:');
}
