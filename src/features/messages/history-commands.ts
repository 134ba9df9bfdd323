import { type Conversation, type LogName, logOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { type RawShown, toShownMessage } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { besideLog, placeWords, readingKeys, stateKeys } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';

/** Who reads what. */
export interface Reading {
  reader: Uid;
  conversation: Conversation;
}

export interface PageReading extends Reading {
  direction: 'back' | 'on';
  /** The message to start beside; the end if absent. */
  beside: MessageId | undefined;
  count: number;
}

/** Refuses `group_not_found`, `not_member`, `user_not_found`. */
export const page = command({
  script: new URL('./page.lua', import.meta.url),
  keys: (keys, reading: PageReading) => keysOf(keys, reading),
  args: ({ reader, conversation, direction, beside, count }) => [
    ...placeWords(reader, conversation),
    direction,
    beside ?? '',
    count,
  ],
  decode: (reply: RawShown[], { conversation }) => reply.map((raw) => toShownMessage(conversation, raw)),
});

/** Refuses `group_not_found`, `not_member`, `user_not_found`, `message_not_found`. */
export const get = command({
  script: new URL('./get.lua', import.meta.url),
  keys: (keys, reading: Reading & { mid: MessageId }) => keysOf(keys, reading),
  args: ({ reader, conversation, mid }) => [...placeWords(reader, conversation), mid],
  decode: (reply: RawShown, { conversation }) => toShownMessage(conversation, reply),
});

/** Refuses `group_not_found`, `not_member`, `user_not_found`, `message_not_found`. */
export const replies = command({
  script: new URL('./replies.lua', import.meta.url),
  keys: (keys, reading: Reading & { mid: MessageId; after: MessageId | undefined; count: number }) => [
    ...keysOf(keys, reading),
    keys.replies(logOf(reading.reader, reading.conversation)),
  ],
  args: ({ reader, conversation, mid, after, count }) => [...placeWords(reader, conversation), mid, after ?? '', count],
  decode: (reply: RawShown[], { conversation }) => reply.map((raw) => toShownMessage(conversation, raw)),
});

export const trim = command({
  script: new URL('./trim.lua', import.meta.url),
  keys: (keys, log: LogName) => [keys.log(log), ...besideLog(keys, log)],
  args: (log) => [log],
  decode: () => undefined,
});

function keysOf(keys: Keys, { reader, conversation }: Reading): string[] {
  return [...stateKeys(keys, logOf(reader, conversation)), ...readingKeys(keys, reader, conversation)];
}
