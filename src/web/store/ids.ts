/** A name for a message that nobody else will choose. (`crypto.randomUUID` is for pages of https and of this machine only.) */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The id of a conversation's person or group. */
export function idOf(conversation: string): string {
  return conversation.slice(conversation.indexOf(':') + 1);
}

export function isGroup(conversation: string): boolean {
  return conversation.startsWith('group:');
}
