import type { FeedEntry } from '../../delivery/feed-entry.ts';
import type { ByeReason } from '../../delivery/sink.ts';
import type { MessageItem, PageLimits, Start, StreamPage } from '../../delivery/source.ts';
import type { Conversation } from '../../domain/conversations.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { refuse } from '../../domain/refusals.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { type Cursor, parseStreamId } from '../../domain/stream-ids.ts';
import type { LogPosition } from './commands.ts';
import { formatLogCursor, parseLogCursor } from './log-cursor.ts';
import { type Incarnations, type LogFollower, type LogReader, OLDEST } from './log-reader.ts';

/** A conversation's log as one of those who are in it follows it. Its entries have numbers, which have no holes. */
export class LogSource implements LogFollower {
  readonly kind: LogReader;
  readonly space: SpaceName;
  readonly key: string;
  readonly reader: Uid;
  readonly conversation: Conversation;
  /** Of the group and of the reader that were read first; others are of the same names, and were made since. */
  #first: Incarnations | undefined;

  constructor(logs: LogReader, reader: Uid, conversation: Conversation) {
    this.kind = logs;
    this.space = logs.space;
    this.reader = reader;
    this.conversation = conversation;
    this.key = logs.keyOf(this);
  }

  /**
   * Refuses `not_member`, `group_not_found`, `user_not_found`, also where the group or the user was made anew after the
   * reader began. A message id is taken as a position of now.
   */
  async page(start: Start, limits: PageLimits): Promise<StreamPage<MessageItem>> {
    const from = start === 'oldest' ? OLDEST : start === 'now' ? ('now' as const) : parseLogCursor(start)!;
    const page = await this.kind.page(this, from, limits);
    this.#check(page);
    return page;
  }

  endedAs({ incarnation, readerIncarnation }: Incarnations): 'user_removed' | 'group_removed' | undefined {
    this.#first ??= { incarnation, readerIncarnation };
    if (this.#first.readerIncarnation !== readerIncarnation) return 'user_removed';
    return this.#first.incarnation === incarnation ? undefined : 'group_removed';
  }

  endedByCode(code: string): 'user_removed' | 'group_removed' | 'not_member' {
    if (code === 'not_member') return 'not_member';
    return code === 'group_not_found' ? 'group_removed' : 'user_removed';
  }

  endedBy(error: unknown): ByeReason | undefined {
    if (!(error instanceof ImError)) return undefined;
    const { code } = error;
    if (code === 'space_removed') return code;
    const isOfReader = code === 'not_member' || code === 'group_not_found' || code === 'user_not_found';
    return isOfReader ? this.endedByCode(code) : undefined;
  }

  cursorOf(entry: FeedEntry): Cursor {
    return entry.cursorIn(this.#first?.incarnation ?? '0', formatLogCursor);
  }

  isSuccessor(id: Cursor, cursor: Cursor): boolean {
    return follows(id, cursor);
  }

  isAfter(id: Cursor, cursor: Cursor): boolean {
    if (id === cursor) return false;
    const [one, other] = [parseLogCursor(id), parseLogCursor(cursor)];
    return one !== undefined && (other === undefined || compare(one, other) > 0);
  }

  #check(incarnations: Incarnations): void {
    const ended = this.endedAs(incarnations);
    if (ended === 'group_removed') {
      refuse('group_not_found', this.conversation.slice(this.conversation.indexOf(':') + 1));
    }
    if (ended === 'user_removed') {
      throw new ImError('user_not_found', `The user "${this.reader}" was removed, and another one was made since.`);
    }
  }
}

function compare(one: LogPosition, other: LogPosition): number {
  const order = BigInt(one.epoch) - BigInt(other.epoch) || BigInt(one.incarnation) - BigInt(other.incarnation);
  if (order !== 0n) return order < 0n ? -1 : 1;
  const difference = parseStreamId(one.id)!.seq - parseStreamId(other.id)!.seq;
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** What was compared last: those who have everything have it up to the same cursor, however many they are. */
let last = { id: '', cursor: '', follows: false };

/** Whether `id` has the next number of the same log and epoch. */
function follows(id: Cursor, cursor: Cursor): boolean {
  if (last.id === id && last.cursor === cursor) return last.follows;
  const [one, other] = [parseLogCursor(id), parseLogCursor(cursor)];
  const isOfOne = one !== undefined && other?.epoch === one.epoch && other.incarnation === one.incarnation;
  const isNext = isOfOne && parseStreamId(one.id)!.seq === parseStreamId(other!.id)!.seq + 1n;
  // From the oldest on nothing is known to be the first.
  last = { id, cursor, follows: isNext && other!.id !== OLDEST.id };
  return last.follows;
}
