import { type Conversation, type LogName, parseConversation, peerOf } from '../../domain/conversations.ts';
import { type LogEntry, parseEntry } from '../../domain/entries.ts';
import type { Attachment, AttachmentInput } from '../../domain/files.ts';
import { attachmentsFrom } from '../../domain/files.ts';
import type { Uid } from '../../domain/names.ts';
import { DEFAULT_SPACE } from '../../domain/spaces.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command, type RefusedWrites } from '../../redis/command.ts';
import { audienceKeys, besideLog, placeWords } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';

/** One message to send, or an event, as the scripts want it. */
export interface Sending {
  from: Uid;
  conversation: Conversation;
  log: LogName;
  /** Names the idempotency key. */
  clientMessageId: string;
  /** What the entry shows; `''` where the sender gave none. */
  shownClientMessageId: string;
  /** Tells two contents under one clientMessageId apart. */
  digest: string;
  ttlMs: number;
  /** The message that it replies to; `''` if none. */
  replyTo: MessageId | '';
  /** Uids, or `*` for everybody. */
  mentions: string[];
  attachments: readonly AttachmentInput[];
  /** Whether it notifies nobody. */
  silent: boolean;
  /** Name, value, name, value … */
  pairs: readonly string[];
}

/** What came of a send. `entry` is absent where the message was erased or trimmed since. */
export type SendReply =
  | { outcome: 'sent'; id: MessageId; refused: RefusedWrites; attachments?: Attachment[] }
  | { outcome: 'repeated'; id: MessageId; entry: LogEntry | undefined };

type RawSend = string | ['sent', string, number, string, number, string?] | ['repeated', string, string[]];

/** For a message that refers to nothing. Refuses `client_message_id_reused`, `user_not_found`, `group_not_found`, `silenced`, … */
export const send = command({
  script: new URL('./send.lua', import.meta.url),
  isFunction: true,
  keys: keysOf,
  args: wordsOf,
  decode: (reply: RawSend) => sendReply(reply),
});

/** What was sent before under the same clientMessageId; undefined if nothing was. Refuses `client_message_id_reused`. */
export const sentBefore = command({
  script: new URL('./sent_before.lua', import.meta.url),
  keys: (keys, { from, conversation, log, clientMessageId }: Sending) => {
    const named = parseConversation(conversation);
    return [
      keys.idempotency(log, from, clientMessageId),
      keys.log(log),
      keys.removedUser(from),
      'peer' in named ? keys.user(from) : keys.group(named.gid),
    ];
  },
  args: ({ from, conversation, clientMessageId, digest }) => [
    ...placeWords(from, conversation),
    clientMessageId,
    digest,
  ],
  decode: (reply: RawSend | null) => (reply === null ? undefined : sendReply(reply)),
});

/** For an event of the server's own. Refuses as {@link send} does. */
export const createEvent = command({
  script: new URL('./create_event.lua', import.meta.url),
  keys: keysOf,
  args: wordsOf,
  decode: (reply: RawSend) => sendReply(reply),
});

/** How many inboxes one call of {@link sendMany} writes, about: Redis does nothing else meanwhile. */
const WRITES_A_CALL = 2_000;

/** A message to send, and the keys of the space that it is of. */
export interface SendingInSpace {
  keys: Keys;
  sending: Sending;
}

/**
 * Several messages, of any spaces of one partition, by the store of that partition. Each has an outcome of its own; those that
 * were not tried, after too many writes, have none.
 */
export const sendMany = command({
  script: new URL('./send_many.lua', import.meta.url),
  isFunction: true,
  keys: (partition, sendings: readonly SendingInSpace[]) => {
    const all = keysOfAll(partition);
    for (const [i, { keys, sending }] of sendings.entries()) {
      if (isOfAnother(sendings, i)) all.push(keys.meta(), keys.journal());
      addOwnKeys(all, keys, sending);
      if (refers(sending)) addReferenceKeys(all, keys, sending);
    }
    return all;
  },
  args: (sendings) => {
    const words: (string | number)[] = [WRITES_A_CALL];
    for (const [i, { keys, sending }] of sendings.entries()) {
      if (isOfAnother(sendings, i)) words.push(keys.meta());
      words.push(sending.pairs.length);
      addReferenceWords(words, sending);
      addWords(words, sending);
    }
    return words;
  },
  decode: (replies: (RawSend | ['refused', string])[]) =>
    replies.map((reply) =>
      typeof reply !== 'string' && reply[0] === 'refused'
        ? ({ outcome: 'refused', error: reply[1] } as const)
        : sendReply(reply as RawSend),
    ),
});

/** Whether a message is of another space than the one before it; the first one: than the default space. */
function isOfAnother(sendings: readonly SendingInSpace[], i: number): boolean {
  return sendings[i]!.keys.space !== (sendings[i - 1]?.keys.space ?? DEFAULT_SPACE);
}

// Lists are added to, and not made of each other, which for a call of twelve sends takes eight times as long.

function keysOf(keys: Keys, sending: Sending): string[] {
  const own: string[] = [];
  addOwnKeys(own, keys, sending);
  return [...own, ...keysOfAll(keys)];
}

/** Of every send. */
function keysOfAll(keys: Keys): string[] {
  return [keys.feed(), keys.journal()];
}

function addOwnKeys(list: string[], keys: Keys, { from, conversation, log, clientMessageId }: Sending): void {
  const peer = peerOf(conversation);
  list.push(keys.idempotency(log, from, clientMessageId), keys.log(log));
  list.push(...audienceKeys(keys, from, conversation), keys.read(from));
  if (peer !== '') list.push(keys.read(peer as Uid));
  list.push(keys.removedUser(from));
}

/** Whether a message refers to another one, to people or to files, or is silent: `send` knows nothing of that. */
export function refers({ replyTo, mentions, attachments, silent }: Sending): boolean {
  return replyTo !== '' || mentions.length > 0 || attachments.length > 0 || silent;
}

function addReferenceKeys(list: string[], keys: Keys, { log, from, mentions, attachments }: Sending): void {
  list.push(...besideLog(keys, log), keys.floors(from));
  for (const uid of mentions) if (uid !== '*') list.push(keys.mentions(uid as Uid));
  for (const { file } of attachments) list.push(keys.file(file), keys.fileMessages(file));
  if (attachments.length > 0) list.push(keys.pendingFiles(from));
}

function addReferenceWords(words: (string | number)[], sending: Sending): void {
  if (!refers(sending)) return void words.push('');
  const { replyTo, mentions, attachments, silent } = sending;
  const carried = attachments.length > 0 ? JSON.stringify(attachments) : '';
  words.push(1, replyTo, mentions.join(' '), carried, silent ? 1 : '');
}

function wordsOf(sending: Sending): (string | number)[] {
  const words: (string | number)[] = [];
  addWords(words, sending);
  return words;
}

function addWords(words: (string | number)[], one: Sending): void {
  words.push(one.log, one.from, peerOf(one.conversation));
  words.push(one.clientMessageId, one.shownClientMessageId, one.digest, one.ttlMs);
  for (const word of one.pairs) words.push(word);
}

const NOTHING_REFUSED: RefusedWrites = { count: 0, reason: '' };

function sendReply(reply: RawSend): SendReply {
  if (typeof reply === 'string') return { outcome: 'sent', id: reply as MessageId, refused: NOTHING_REFUSED };
  const id = reply[1] as MessageId;
  if (reply[0] === 'sent') {
    const attachments = reply[5] === undefined ? undefined : attachmentsFrom(reply[5]);
    const refused = { count: reply[2], reason: reply[3] };
    return { outcome: 'sent', id, refused, ...(attachments ? { attachments } : {}) };
  }
  return { outcome: 'repeated', id, entry: reply[2].length > 0 ? parseEntry([id, reply[2]]) : undefined };
}
