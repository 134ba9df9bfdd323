import { type Conversation, logOf } from '../../domain/conversations.ts';
import type { RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { placeWords, readingKeys, stateKeys } from '../../redis/conversation-keys.ts';
import type { Keys } from '../../redis/keys.ts';
import type { ReadOutcome } from '../../redis/shared-reads.ts';

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

/** What somebody wants to read of a log that they follow. */
export interface WantedPage extends Follower {
  after: LogPosition;
  /** 0 is only the position. */
  count: number;
  maxBytes: number;
}

/** What was read of a log in one moment. */
export interface LogStretch {
  epoch: string;
  incarnation: string;
  readerIncarnation: string;
  newest: MessageId;
  /** Where reading went on. */
  position: MessageId;
  /** What a position of now is in the log. */
  asked: MessageId;
  gap: 'trimmed' | 'reset' | '';
  lost: number | undefined;
  isBeyond: boolean;
  /** The very same list for all who have the same ones. */
  items: readonly RawItem[];
}

type RawStretch = [
  epoch: string,
  incarnation: string,
  reader: string,
  newest: MessageId,
  position: MessageId,
  asked: MessageId,
  gap: LogStretch['gap'],
  lost: string,
  beyond: number,
  items: RawItem[] | number,
];

/**
 * With how many bytes of messages a call of {@link readLogs} begins no other page: Redis does nothing else meanwhile. The last page
 * is as large as its reader wants it.
 */
const BYTES_A_CALL = 64 * 1024;

/** Each with an outcome of its own; those that were not tried, after too many messages, have none. */
export const readLogs = command({
  script: new URL('./read_logs.lua', import.meta.url),
  keys: (keys, wanted: readonly WantedPage[]) =>
    wanted.flatMap(({ reader, conversation }) => [
      ...stateKeys(keys, logOf(reader, conversation)),
      keys.user(reader),
      keys.removedUser(reader),
      ...readingKeys(keys, reader, conversation),
    ]),
  args: (wanted) => [
    BYTES_A_CALL,
    ...wanted.flatMap(({ reader, conversation, after, count, maxBytes }) => [
      ...placeWords(reader, conversation),
      after.epoch,
      after.incarnation,
      after.id,
      count,
      Math.min(maxBytes, Number.MAX_SAFE_INTEGER),
    ]),
  ],
  decode: (replies: (RawStretch | [refused: string])[]) =>
    replies.map((raw): ReadOutcome<LogStretch> => {
      if (raw.length === 1) return { refused: raw[0] };
      const [epoch, incarnation, readerIncarnation, newest, position, asked, gap, lost, beyond, itemsOrPlace] = raw;
      return {
        epoch,
        incarnation,
        readerIncarnation,
        newest,
        position,
        asked,
        gap,
        lost: lost === '' ? undefined : Number(lost),
        isBeyond: beyond === 1,
        items: (typeof itemsOrPlace === 'number' ? replies[itemsOrPlace - 1]!.at(-1) : itemsOrPlace) as RawItem[],
      };
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
