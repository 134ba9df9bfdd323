import { type Conversation, logOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { reactionCounts } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { audienceKeys, placeWords, readingKeys, stateKeys } from '../../redis/conversation-keys.ts';

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
    const { actor, conversation } = reacting;
    const state = stateKeys(keys, logOf(actor, conversation));
    return [
      ...state,
      keys.feed(),
      keys.journal(),
      keys.signals(),
      keys.floors(actor),
      ...audienceKeys(keys, actor, conversation),
    ];
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
  keys: (keys, { actor, conversation }: Target) => [
    ...stateKeys(keys, logOf(actor, conversation)),
    ...readingKeys(keys, actor, conversation),
  ],
  args: (target) => wordsOf(target),
  decode: (flat: string[]) => {
    const people: { uid: Uid; reactions: string[] }[] = [];
    for (let i = 0; i < flat.length; i += 2) people.push({ uid: flat[i] as Uid, reactions: flat[i + 1]!.split(' ') });
    return people;
  },
});

function wordsOf({ actor, conversation, mid }: Target): string[] {
  return [...placeWords(actor, conversation), mid];
}
