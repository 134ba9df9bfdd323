import { type Conversation, type LogName, logOf, parseConversation, peerOf } from '../domain/conversations.ts';
import type { Uid } from '../domain/names.ts';
import type { Keys } from './keys.ts';

/** What the scripts about a conversation declare, and how they take it: who, and which one. */

/** The log, and what is kept of its messages. */
export function stateKeys(keys: Keys, log: LogName): string[] {
  return [keys.log(log), keys.messageState(log), keys.changed(log), keys.erased(log)];
}

/** The keys of what is kept beside a log, and goes with it. */
export function besideLog(keys: Keys, log: LogName): string[] {
  return [
    keys.messageState(log),
    keys.changed(log),
    keys.erased(log),
    keys.replies(log),
    keys.mentionsOfAll(log),
    keys.receipts(log),
  ];
}

/** What decides whether one person may write to another, beside that there are both. */
export function permissionKeys(keys: Keys, from: Uid, peer: Uid): string[] {
  return [keys.blocks(from), keys.blocks(peer), keys.contacts(peer)];
}

/** What `reading` of lua/reading.lua looks at. */
export function readingKeys(keys: Keys, reader: Uid, conversation: Conversation): string[] {
  const named = parseConversation(conversation);
  const ofKind = 'peer' in named ? [keys.user(named.peer)] : [keys.group(named.gid), keys.members(named.gid)];
  return [keys.floors(reader), ...ofKind];
}

/** What `audience` of lua/audience.lua looks at. */
export function audienceKeys(keys: Keys, actor: Uid, conversation: Conversation): string[] {
  const named = parseConversation(conversation);
  if ('gid' in named) return [keys.group(named.gid), keys.members(named.gid), keys.roles(named.gid)];
  return [keys.user(actor), keys.user(named.peer), ...permissionKeys(keys, actor, named.peer)];
}

/** Who, and in which conversation, as the scripts take it: the log, the uid, and the other person (`''` for a group). */
export function placeWords(uid: Uid, conversation: Conversation): [log: LogName, uid: Uid, peer: string] {
  return [logOf(uid, conversation), uid, peerOf(conversation)];
}
