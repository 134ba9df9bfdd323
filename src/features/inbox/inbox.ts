import { gapBetween, inRounds, pageAfter } from '../../delivery/numbered.ts';
import type {
  MessageItem,
  PageLimits,
  Source,
  SourceKind,
  Standing,
  Start,
  StreamPage,
} from '../../delivery/source.ts';
import { type Conversation, conversationOf, type LogName, withUser } from '../../domain/conversations.ts';
import { type Message, renderMessage, toMessage } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { newestPosition, OLDEST } from '../../domain/positions.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { type Cursor, formatStreamId, type MessageId, rangeAfter, type StreamId } from '../../domain/stream-ids.ts';
import { type ReadOutcome, SharedReads } from '../../redis/shared-reads.ts';
import type { Store } from '../../redis/store.ts';
import { KeptEntry } from '../messages/kept-entry.ts';
import type { Logs } from '../messages/logs.ts';
import { type InboxStretch, type Reference, readInboxes, verifyInboxes, type Wanted } from './commands.ts';

/** As a {@link Start}, with a position in place of a cursor. */
type From = Exclude<Start, Cursor> | StreamId;

/** Whoever follows an inbox, and knows whose it was when it began to. */
export interface InboxReader extends Source<MessageItem> {
  /** Whether the user of this incarnation is the one whose inbox it follows. */
  follows(incarnation: string): boolean;
}

/** A piece of an inbox. */
export interface InboxPage extends Omit<StreamPage<MessageItem>, 'from' | 'next'> {
  from: StreamId;
  next: StreamId;
  /** Tells the user apart from former and later ones of the same name. */
  incarnation: string;
}

/** Reads inboxes: what has happened to a user, one entry each, without holes. */
export class Inbox implements SourceKind {
  readonly #store: Store;
  readonly #logs: Logs;
  readonly #reads: SharedReads<Wanted, InboxStretch | 'blurred'>;
  /** For those whose entries are blurred otherwise; so none are. */
  readonly #apart: SharedReads<Wanted, InboxStretch>;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#reads = new SharedReads(store, (wanted) => store.run(readInboxes, { wanted }));
    this.#apart = new SharedReads(
      store,
      (wanted) => store.run(readInboxes, { wanted, apart: true }) as Promise<ReadOutcome<InboxStretch>[]>,
    );
    this.#logs = logs;
  }

  get space(): SpaceName {
    return this.#store.keys.space;
  }

  /** The full name of an inbox's key. */
  keyOf(uid: Uid): string {
    return this.#store.keys.inbox(uid);
  }

  /** What comes after a position, as far as one page goes; of `now`, that there is nothing. Refuses `user_not_found`. */
  async page(uid: Uid, start: From, limits: PageLimits): Promise<InboxPage> {
    const asked = typeof start === 'string' ? OLDEST : start;
    const count = start === 'now' ? 0 : limits.count;
    const read = await this.#read({ uid, start: rangeAfter(formatStreamId(asked)), count });
    const { incarnation } = read;
    const from = start === 'now' ? newestPosition(read.epoch, read.newest) : asked;
    const { resumed, ...page } = await pageAfter(from, read, (entries) => this.#items(uid, entries, limits.maxBytes));
    if (!resumed) return { ...page, from, incarnation };
    return {
      ...page,
      from,
      gap: { ...gapBetween(from, resumed), backfill: `/v1/users/${uid}/conversations` },
      incarnation,
    };
  }

  async #read(wanted: Wanted): Promise<InboxStretch> {
    const read = await this.#reads.read(wanted);
    return read === 'blurred' ? this.#apart.read(wanted) : read;
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

  #items(uid: Uid, entries: readonly Reference[], maxBytes: number): Promise<MessageItem[]> {
    return inRounds(entries, maxBytes, async (slice) => {
      const found = await this.#logs.read(slice.filter((reference) => !reference.inline));
      let nextFound = 0;
      let last: LogName | undefined;
      let conversation = withUser(uid);
      return slice.map(({ cursor, log, id, inline }) => {
        const entry = inline ? new KeptEntry(inline) : found[nextFound++];
        if (log !== last) {
          last = log;
          conversation = log ? conversationOf(uid, log) : withUser(uid);
        }
        const item = new InboxItem(cursor, conversation, id, entry);
        return { item, size: entry ? entry.size : 0 };
      });
    });
  }
}

class InboxItem implements MessageItem {
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
