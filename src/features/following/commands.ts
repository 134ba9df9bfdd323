import { type Conversation, logOf } from '../../domain/conversations.ts';
import type { RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { placeWords, readingKeys, stateKeys } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';

/** Who follows which conversation. */
export interface Follower {
  reader: Uid;
  conversation: Conversation;
}

/** A position in a log; without an epoch it is one of now. */
export interface LogPosition {
  epoch: string;
  incarnation: string;
  id: MessageId;
}

/** An entry as it was written; or what stands in place of one that was erased, or of an edit that went with it. */
export type RawItem = RawEntry | [kind: 'erased', tombstone: string] | [kind: 'edit', id: string];

type RawPage = [
  epoch: string,
  incarnation: string,
  reader: string,
  newest: MessageId,
  position: MessageId,
  asked: MessageId,
  gap: string,
  lost: string,
  beyond: number,
  items: RawItem[],
];

/** Refuses `group_not_found`, `not_member`, `user_not_found`. */
export const readLog = command({
  script: new URL('./read_log.lua', import.meta.url),
  keys: (keys, { reader, conversation }: Follower & { after: LogPosition; count: number; maxBytes: number }) => [
    ...stateKeys(keys, logOf(reader, conversation)),
    keys.user(reader),
    keys.removedUser(reader),
    ...readingKeys(keys, reader, conversation),
  ],
  args: ({ reader, conversation, after, count, maxBytes }) => [
    ...placeWords(reader, conversation),
    after.epoch,
    after.incarnation,
    after.id,
    count,
    Math.min(maxBytes, Number.MAX_SAFE_INTEGER),
  ],
  decode: ([epoch, incarnation, reader, newest, position, asked, gap, lost, beyond, items]: RawPage) => ({
    epoch,
    incarnation,
    /** Of the reader. */
    readerIncarnation: reader,
    newest,
    /** Where reading went on. */
    position,
    /** What a position of now is in the log. */
    asked,
    gap: gap as 'trimmed' | 'reset' | '',
    lost: lost === '' ? undefined : Number(lost),
    isBeyond: beyond === 1,
    items,
  }),
});

/** Where each log ends, or the code of the refusal of one who may not read it any more; in their order. */
export const verifyLogs = command({
  script: new URL('./verify_logs.lua', import.meta.url),
  keys: (keys, followers: readonly Follower[]) => followers.flatMap((one) => verifiedKeys(keys, one)),
  args: (followers) => followers.flatMap(({ reader, conversation }) => placeWords(reader, conversation)),
  decode: ([epoch, ...found]: [string, ...([refusal: string] | [MessageId, string, string])[]]) => ({
    epoch,
    standings: found.map(([newest, incarnation, reader]) =>
      incarnation === undefined
        ? { refusal: newest }
        : { newest: newest as MessageId, incarnation, readerIncarnation: reader! },
    ),
  }),
});

function verifiedKeys(keys: Keys, { reader, conversation }: Follower): string[] {
  return [
    keys.log(logOf(reader, conversation)),
    keys.user(reader),
    keys.removedUser(reader),
    ...readingKeys(keys, reader, conversation),
  ];
}
