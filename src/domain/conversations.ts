import type { Branded, Gid, Uid } from './names.ts';

/** A conversation as its reader names it: `user:<uid>` or `group:<gid>`. */
export type Conversation = Branded<'Conversation'>;
/** The name of a conversation's log without the key prefix: `gs:<gid>` or `ds:<lo>:<hi>`. */
export type LogName = Branded<'LogName'>;
/** What a conversation looks like. */
export const CONVERSATION_PATTERN = '^(user|group):(?!me$)[A-Za-z0-9][A-Za-z0-9._@+~|-]{0,63}$';
/** The log that holds a conversation of `reader`. */
export function logOf(reader: Uid, conversation: Conversation): LogName {
  const name = conversation.slice(conversation.indexOf(':') + 1);
  return conversation.startsWith('group:') ? groupLog(name as Gid) : directLog(reader, name as Uid);
}

/** The log of a direct chat: the two names in bytewise order, which is JavaScript's for ASCII. */
export function directLog(one: Uid, other: Uid): LogName {
  return (one < other ? `ds:${one}:${other}` : `ds:${other}:${one}`) as LogName;
}

/** The log of a group. */
export function groupLog(gid: Gid): LogName {
  return `gs:${gid}` as LogName;
}

/** A direct chat as its reader names it. */
export function withUser(peer: Uid): Conversation {
  return `user:${peer}` as Conversation;
}

/** A conversation's parts: the other person, or the group. */
export function parseConversation(conversation: Conversation): { peer: Uid } | { gid: Gid } {
  const name = conversation.slice(conversation.indexOf(':') + 1);
  return conversation.startsWith('group:') ? { gid: name as Gid } : { peer: name as Uid };
}

/** The other person of a direct chat, `''` for a group: how the scripts take it. */
export function peerOf(conversation: Conversation): string {
  return conversation.startsWith('group:') ? '' : conversation.slice(conversation.indexOf(':') + 1);
}

/** How `reader` names the conversation that `log` holds. */
export function conversationOf(reader: Uid, log: LogName): Conversation {
  if (log.startsWith('gs:')) return `group:${log.slice(3)}` as Conversation;
  const second = log.indexOf(':', 3) + 1;
  const isFirst = second === 4 + reader.length && log.startsWith(reader, 3);
  return `user:${isFirst ? log.slice(second) : log.slice(3, second - 1)}` as Conversation;
}
