import { type Conversation, type LogName, logOf, parseConversation, peerOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { type RawShown, toShownMessage } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { besideLog, type Keys } from '../../redis/keys.ts';

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
  args: ({ direction, beside, count, ...reading }) => [...wordsOf(reading), direction, beside ?? '', count],
  decode: (reply: RawShown[], { conversation }) => reply.map((raw) => toShownMessage(conversation, raw)),
});

/** Refuses `group_not_found`, `not_member`, `user_not_found`, `message_not_found`. */
export const get = command({
  script: new URL('./get.lua', import.meta.url),
  keys: (keys, reading: Reading & { mid: MessageId }) => keysOf(keys, reading),
  args: ({ mid, ...reading }) => [...wordsOf(reading), mid],
  decode: (reply: RawShown, { conversation }) => toShownMessage(conversation, reply),
});

/** Refuses `group_not_found`, `not_member`, `user_not_found`, `message_not_found`. */
export const replies = command({
  script: new URL('./replies.lua', import.meta.url),
  keys: (keys, reading: Reading & { mid: MessageId; after: MessageId | undefined; count: number }) => {
    const [log, state, erased, ...others] = keysOf(keys, reading) as [string, string, string];
    return [log, state, erased, keys.replies(logOf(reading.reader, reading.conversation)), ...others];
  },
  args: ({ mid, after, count, ...reading }) => [...wordsOf(reading), mid, after ?? '', count],
  decode: (reply: RawShown[], { conversation }) => reply.map((raw) => toShownMessage(conversation, raw)),
});

export const trim = command({
  script: new URL('./trim.lua', import.meta.url),
  keys: (keys, log: LogName) => [keys.log(log), ...besideLog(keys, log)],
  args: (log) => [log],
  decode: () => undefined,
});

function keysOf(keys: Keys, { reader, conversation }: Reading): string[] {
  const log = logOf(reader, conversation);
  const named = parseConversation(conversation);
  const ofKind = 'peer' in named ? [keys.user(named.peer)] : [keys.members(named.gid), keys.group(named.gid)];
  return [keys.log(log), keys.messageState(log), keys.erased(log), keys.floors(reader), ...ofKind];
}

function wordsOf({ reader, conversation }: Reading): string[] {
  return [logOf(reader, conversation), reader, peerOf(conversation)];
}
