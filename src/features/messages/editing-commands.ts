import { type Conversation, logOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { type RawShown, toShownMessage } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { audienceKeys, placeWords, stateKeys } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';

/** Who changes which message. */
export interface Change {
  actor: Uid;
  conversation: Conversation;
  mid: MessageId;
}

export interface Edit extends Change {
  /** How old the message may be, ms; 0 is no limit. */
  windowMs: number;
  /** Name, value, name, value … of fields to set. */
  pairs: readonly string[];
  /** Names of fields to remove. */
  removed: readonly string[];
}

/**
 * Refuses `user_not_found`, `group_not_found`, `not_member`, `message_not_found`, `not_sender`, `message_erased`,
 * `edit_window_over`, `too_many_edits`, `reserved_field`, `fields_too_large`.
 */
export const edit = command({
  script: new URL('./edit.lua', import.meta.url),
  keys: (keys, change: Edit) => keysOf(keys, change),
  args: ({ windowMs, pairs, removed, ...change }) => [
    ...wordsOf(change),
    windowMs,
    pairs.length / 2,
    ...pairs,
    ...removed,
  ],
  decode: ([, shown, count, reason]: [outcome: string, RawShown, number, string], { conversation }) => ({
    message: toShownMessage(conversation, shown),
    refused: { count, reason },
  }),
});

/** Refuses `not_member`, `group_not_found`, `user_not_found`, `message_not_found`, `forbidden`. */
export const erase = command({
  script: new URL('./erase.lua', import.meta.url),
  keys: (keys, change: Change) => {
    const log = logOf(change.actor, change.conversation);
    return [...keysOf(keys, change), keys.replies(log), keys.mentionsOfAll(log), keys.files()];
  },
  args: wordsOf,
  decode: ([, count, reason]: [outcome: string, count: number, reason: string]) => ({ refused: { count, reason } }),
});

function keysOf(keys: Keys, { actor, conversation }: Change): string[] {
  const state = stateKeys(keys, logOf(actor, conversation));
  return [
    ...state,
    keys.feed(),
    keys.journal(),
    keys.floors(actor),
    keys.removedUser(actor),
    ...audienceKeys(keys, actor, conversation),
  ];
}

function wordsOf({ actor, conversation, mid }: Change): string[] {
  return [...placeWords(actor, conversation), mid];
}
