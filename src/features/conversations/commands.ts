import {
  type Conversation,
  conversationOf,
  type LogName,
  logOf,
  parseConversation,
  peerOf,
} from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { type RawShown, toShownMessage } from '../../domain/shown-messages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { placeWords } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';

/** A user's own settings of a conversation, as they are kept. */
export interface KeptSettings {
  /** ms since 1970 */
  mutedUntil?: number;
  pinned?: true;
  archived?: true;
  markedUnread?: true;
}

type RawSummary = [mark: ''] | [mark: string, unread: number, mentions: number, settings: string, last: RawShown | ''];

/** The newest entry of each log that a history shows, in the order given. */
export const newestShown = command({
  script: new URL('./newest_shown.lua', import.meta.url),
  keys: (keys, logs: readonly LogName[]) => logs.map(keys.log),
  args: () => [],
  decode: (reply: MessageId[]) => reply,
});

/** Of some conversations what a list shows; undefined for those that are not in it. */
export const summaries = command({
  script: new URL('./summaries.lua', import.meta.url),
  keys: (keys, { uid, logs }: { uid: Uid; logs: readonly LogName[]; detail: 'last' | 'counts' }) => [
    ...ownKeys(keys, uid),
    ...logs.flatMap((log) => summaryKeys(keys, log)),
  ],
  args: ({ uid, logs, detail }) => [uid, detail, ...logs],
  decode: (reply: RawSummary[], { uid, logs }) =>
    reply.map((raw, i) => summaryFrom(conversationOf(uid, logs[i]!), raw)),
});

/** Whose conversation it is. */
interface Own {
  uid: Uid;
  conversation: Conversation;
}

/** Refuses `conversation_not_found`, `message_not_found`. */
export const read = command({
  script: new URL('./read.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own & { upTo: MessageId; receipt: boolean }) => {
    const log = logOf(uid, conversation);
    const named = parseConversation(conversation);
    const ofKind =
      'gid' in named ? [keys.members(named.gid), keys.group(named.gid)] : [keys.blocks(uid), keys.blocks(named.peer)];
    return [...ownKeys(keys, uid), ...summaryKeys(keys, log), keys.receipts(log), keys.signals(), ...ofKind];
  },
  args: ({ uid, conversation, upTo, receipt }) => [
    uid,
    logOf(uid, conversation),
    upTo,
    peerOf(conversation),
    receipt ? 1 : 0,
  ],
  decode: (reply: RawSummary, { conversation }) => summaryFrom(conversation, reply),
});

/** Refuses `group_not_found`, `not_member`, `too_many_members`, `conversation_not_found`. */
export const receipts = command({
  script: new URL('./receipts.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own) => {
    const log = logOf(uid, conversation);
    const named = parseConversation(conversation);
    const ofKind =
      'gid' in named ? [keys.group(named.gid), keys.members(named.gid)] : [keys.blocks(uid), keys.blocks(named.peer)];
    return [keys.read(uid), keys.floors(uid), keys.receipts(log), ...ofKind];
  },
  args: ({ uid, conversation }) => placeWords(uid, conversation),
  decode: (flat: string[]) =>
    Array.from({ length: flat.length / 2 }, (_, i) => ({ uid: flat[2 * i] as Uid, mid: flat[2 * i + 1] as MessageId })),
});

/** Refuses `conversation_not_found`. */
export const changeSettings = command({
  script: new URL('./settings.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own & { changes: Partial<Record<keyof KeptSettings, number | boolean>> }) => [
    ...ownKeys(keys, uid),
    ...summaryKeys(keys, logOf(uid, conversation)),
    keys.signals(),
  ],
  args: ({ uid, conversation, changes }) => [
    uid,
    logOf(uid, conversation),
    ...Object.entries(changes).flatMap(([name, value]) => [name, `${value}`]),
  ],
  decode: (reply: RawSummary, { conversation }) => summaryFrom(conversation, reply),
});

export const hide = command({
  script: new URL('./hide.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own) => [
    ...ownKeys(keys, uid),
    keys.log(logOf(uid, conversation)),
    keys.signals(),
  ],
  args: ({ uid, conversation }) => [logOf(uid, conversation), uid],
  decode: () => undefined,
});

function ownKeys(keys: Keys, uid: Uid): string[] {
  return [keys.read(uid), keys.floors(uid), keys.mentions(uid), keys.settings(uid)];
}

function summaryKeys(keys: Keys, log: LogName): string[] {
  return [keys.log(log), keys.messageState(log), keys.erased(log), keys.mentionsOfAll(log)];
}

function summaryFrom(conversation: Conversation, raw: RawSummary) {
  if (raw.length === 1) return undefined;
  const [mark, unread, mentions, settings, last] = raw;
  return {
    conversation,
    readUpTo: mark.slice(mark.indexOf(' ') + 1) as MessageId,
    unread,
    mentions,
    settings: (settings === '' ? {} : JSON.parse(settings)) as KeptSettings,
    ...(last === '' ? {} : { last: toShownMessage(conversation, last) }),
  };
}
