import { type Conversation, logOf, parseConversation, peerOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { reactionCounts } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { type Keys, mayKeys } from '../../redis/keys.ts';

interface Target {
  actor: Uid;
  conversation: Conversation;
  mid: MessageId;
}

export interface Reacting extends Target {
  reaction: string;
  change: 'add' | 'remove';
}

/**
 * Refuses `user_not_found`, `group_not_found`, `not_member`, `message_not_found`, `message_erased`, `no_message`,
 * `too_many_reactions`.
 */
export const react = command({
  script: new URL('./react.lua', import.meta.url),
  keys: (keys, reacting: Reacting) => {
    const { actor } = reacting;
    const named = parseConversation(reacting.conversation);
    const ofKind =
      'peer' in named
        ? [keys.user(actor), keys.user(named.peer), ...mayKeys(keys, actor, named.peer)]
        : [keys.members(named.gid), keys.group(named.gid), keys.roles(named.gid)];
    return [...stateKeys(keys, reacting), keys.feed(), keys.signals(), keys.floors(actor), ...ofKind];
  },
  args: (reacting) => [...wordsOf(reacting), reacting.reaction, reacting.change],
  decode: ([kept, mine, count, reason]: [kept: string, mine: string, count: number, reason: string]) => ({
    reactions: reactionCounts(kept, mine),
    refused: { count, reason },
  }),
});

/** Who reacted, each with its reactions. Refuses `group_not_found`, `not_member`, `user_not_found`, `message_not_found`. */
export const list = command({
  script: new URL('./list.lua', import.meta.url),
  keys: (keys, target: Target) => {
    const named = parseConversation(target.conversation);
    const ofKind = 'peer' in named ? [keys.user(named.peer)] : [keys.members(named.gid), keys.group(named.gid)];
    return [...stateKeys(keys, target), keys.floors(target.actor), ...ofKind];
  },
  args: (target) => wordsOf(target),
  decode: (flat: string[]) => {
    const people: { uid: Uid; reactions: string[] }[] = [];
    for (let i = 0; i < flat.length; i += 2) people.push({ uid: flat[i] as Uid, reactions: flat[i + 1]!.split(' ') });
    return people;
  },
});

function stateKeys(keys: Keys, { actor, conversation }: Target): string[] {
  const log = logOf(actor, conversation);
  return [keys.log(log), keys.messageState(log), keys.changed(log), keys.erased(log)];
}

function wordsOf({ actor, conversation, mid }: Target): string[] {
  return [logOf(actor, conversation), actor, peerOf(conversation), mid];
}
