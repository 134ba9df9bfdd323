import { conversationOf, type LogName } from '../../domain/conversations.ts';
import type { Message } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { toShownMessage } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

/** How many entries of a log one call reads. */
const ENTRIES_A_CALL = 100;

interface Reading {
  uid: Uid;
  log: LogName;
  after: MessageId;
  /** The last entry that is looked at; the end of the log if absent. */
  stop: MessageId | undefined;
}

export interface SentPage {
  messages: Message[];
  /** Where to go on; undefined where nothing is left. */
  next: MessageId | undefined;
}

/**
 * What a user has sent to a log, with its newest fields, and nothing of what others have made of it. What a former user of
 * the name has sent is not the user's.
 */
export const sent = command({
  script: new URL('./sent.lua', import.meta.url),
  keys: (keys, { uid, log }: Reading) => [keys.log(log), keys.messageState(log), keys.removedUser(uid)],
  args: ({ uid, log, after, stop }) => [uid, log, after, stop ?? '', ENTRIES_A_CALL],
  decode: (
    [next, ...found]: [next: string, ...found: [id: string, flat: string[], edit: string][]],
    { uid, log },
  ): SentPage => ({
    next: next === '' ? undefined : (next as MessageId),
    messages: found.map(([id, flat, edit]) =>
      toShownMessage(conversationOf(uid, log), ['entry', id, flat, edit, '', '', '']),
    ),
  }),
});
