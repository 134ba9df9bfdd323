import type {
  Gap,
  PageLimits,
  Source,
  SourceKind,
  Standing,
  Start,
  StreamItem,
  StreamPage,
} from '../../delivery/source.ts';
import { type Conversation, conversationOf, withUser } from '../../domain/conversations.ts';
import { type Message, renderMessage, toMessage } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { newestPosition, OLDEST } from '../../domain/positions.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import {
  type Cursor,
  compareStreamIds,
  formatStreamId,
  type MessageId,
  parseStreamId,
  predecessor,
  rangeAfter,
  type StreamId,
  successor,
  successorText,
} from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import { KeptEntry } from '../messages/kept-entry.ts';
import type { Logs } from '../messages/logs.ts';
import { type Reference, readInbox, verifyInboxes } from './commands.ts';

/** As a {@link Start}, with a position in place of a cursor. */
type From = Exclude<Start, Cursor> | StreamId;

/** Whoever follows an inbox, and knows whose it was when it began to. */
export interface InboxReader extends Source {
  /** Whether the user of this incarnation is the one whose inbox it follows. */
  follows(incarnation: string): boolean;
}

/** A piece of an inbox. */
export interface InboxPage extends Omit<StreamPage, 'from' | 'next'> {
  from: StreamId;
  next: StreamId;
  /** Tells the user apart from former and later ones of the same name. */
  incarnation: string;
}

/** The first round of a page; its messages' average size tells how many more fit. */
const FIRST_ROUND = 20;

/** Reads inboxes: what has happened to a user, one entry each, without holes. */
export class Inbox implements SourceKind {
  readonly #store: Store;
  readonly #logs: Logs;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
  }

  get space(): SpaceName {
    return this.#store.keys.space;
  }

  /** The full name of an inbox's key. */
  keyOf(uid: Uid): string {
    return this.#store.keys.inbox(uid);
  }

  /**
   * What comes after a position, as far as one page goes. Ids have no holes, so that every loss is seen: the entry after
   * `after` has to be its successor, and an inbox with nothing after it has to end at it. `0-0` means the oldest entry
   * kept and has nothing in front of it to lose. Refuses `user_not_found`.
   */
  async page(uid: Uid, start: From, limits: PageLimits): Promise<InboxPage> {
    const asked = typeof start === 'string' ? OLDEST : start;
    const { epoch, newest, incarnation, entries } = await this.#read(uid, asked, start === 'now' ? 0 : limits.count);
    const end = newestPosition(epoch, newest);
    const after = start === 'now' ? end : asked;
    const first = entries[0] && parseStreamId(entries[0].cursor)!;
    const resumed = first ? predecessor(first) : end;
    const missed = compareStreamIds(resumed, after) !== 0 && compareStreamIds(after, OLDEST) !== 0;
    const items = await this.#items(uid, unbroken(entries), limits.maxBytes);
    const next = items.length > 0 ? parseStreamId(items.at(-1)!.cursor)! : resumed;
    return {
      items,
      ...(missed ? { gap: gapOf(uid, after, resumed) } : {}),
      from: after,
      next,
      upToDate: compareStreamIds(next, end) === 0,
      beyond: compareStreamIds(after, end) > 0,
      epoch,
      incarnation,
    };
  }

  /** Where each reader's inbox ends; or `user_removed`, where its user is not there any more. */
  async verify(readers: readonly InboxReader[]): Promise<Standing[]> {
    const reply = await this.#store.run(
      verifyInboxes,
      readers.map(({ reader }) => reader),
    );
    return reply.readers.map(({ newest, incarnation }, i) =>
      readers[i]!.follows(incarnation)
        ? { newest: formatStreamId(newestPosition(reply.epoch, newest)) as Cursor }
        : { ended: 'user_removed' },
    );
  }

  #read(uid: Uid, after: StreamId, count: number) {
    return this.#store.run(readInbox, { uid, start: rangeAfter(formatStreamId(after)), count });
  }

  async #items(uid: Uid, entries: Reference[], maxBytes: number): Promise<StreamItem[]> {
    const items: StreamItem[] = [];
    let bytes = 0;
    while (items.length < entries.length && bytes < maxBytes) {
      const fitting = items.length === 0 ? FIRST_ROUND : Math.ceil(((maxBytes - bytes) * items.length) / (bytes + 1));
      const slice = entries.slice(items.length, items.length + fitting);
      const found = await this.#logs.read(slice.filter((reference) => !reference.inline));
      let nextFound = 0;
      for (const { cursor, log, id, inline } of slice) {
        const entry = inline ? new KeptEntry(inline) : found[nextFound++];
        items.push(new InboxItem(cursor, log ? conversationOf(uid, log) : withUser(uid), id, entry));
        bytes += entry ? entry.size : 0;
      }
    }
    return items;
  }
}

class InboxItem implements StreamItem {
  readonly cursor: Cursor;
  readonly #conversation: Conversation;
  readonly #id: MessageId;
  /** Absent where it is gone. */
  readonly #kept: KeptEntry | undefined;

  constructor(cursor: Cursor, conversation: Conversation, id: MessageId, kept: KeptEntry | undefined) {
    this.cursor = cursor;
    this.#conversation = conversation;
    this.#id = id;
    this.#kept = kept;
  }

  get message(): Message {
    return toMessage(this.#conversation, this.#id, this.#kept?.entry);
  }

  get json(): string {
    return this.#kept ? this.#kept.jsonIn(this.#conversation) : renderMessage(this.#conversation, this.#id, undefined);
  }
}

/** The entries up to the first hole; the next page starts with it, and tells of it. */
function unbroken(entries: Reference[]): Reference[] {
  for (let i = 1; i < entries.length; i++) {
    if (successorText(entries[i - 1]!.cursor) !== entries[i]!.cursor) return entries.slice(0, i);
  }
  return entries;
}

function gapOf(uid: Uid, requested: StreamId, resumed: StreamId): Gap {
  const lost = distance(requested, resumed);
  return {
    reason: lost === undefined ? 'reset' : 'trimmed',
    requested: formatStreamId(requested) as Cursor,
    resumed: formatStreamId(resumed) as Cursor,
    ...(lost === undefined ? {} : { lost: Number(lost) }),
    backfill: `/v1/users/${uid}/conversations`,
  };
}

/** How many entries of one epoch lie in (from, to]; undefined if the two are not of one epoch, in this order. */
function distance(from: StreamId, to: StreamId): bigint | undefined {
  // `to` may be the position before its epoch's first entry, whose number in that epoch is -1.
  const start = successor(to).seq === 0n ? successor(to) : { ms: to.ms, seq: 0n };
  const number = (id: StreamId) => (compareStreamIds(id, predecessor(start)) === 0 ? -1n : id.seq);
  const same = from.ms === start.ms || number(from) === -1n;
  const count = number(to) - number(from);
  return same && count > 0n ? count : undefined;
}
