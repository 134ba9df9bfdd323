import type { MessageItem, PageLimits, Source, SourceKind, Standing, StreamPage } from '../../delivery/source.ts';
import { type Conversation, logOf } from '../../domain/conversations.ts';
import { type Message, type RawEntry, toMessage } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { toTombstone } from '../../domain/shown-messages.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Cursor, MessageId } from '../../domain/stream-ids.ts';
import { SharedReads } from '../../redis/shared-reads.ts';
import type { Store } from '../../redis/store.ts';
import type { KeptEntry } from '../messages/kept-entry.ts';
import type { Logs } from '../messages/logs.ts';
import {
  type Follower,
  type LogPosition,
  type LogStretch,
  type RawItem,
  readLogs,
  verifyLogs,
  type WantedPage,
} from './commands.ts';
import { formatLogCursor } from './log-cursor.ts';

/** Whoever follows a log, and knows which one, and as whom, since it began to. */
export interface LogFollower extends Source<MessageItem>, Follower {
  readonly reader: Uid;
  /** Why a reader, and a log, of these incarnations are not those that it follows. */
  endedAs(incarnations: Incarnations): 'user_removed' | 'group_removed' | undefined;
  /** Why a refusal ends the stream. */
  endedByCode(code: string): 'user_removed' | 'group_removed' | 'not_member';
}

/** What tells a log, and its reader, apart from former ones of the same names. */
export interface Incarnations {
  incarnation: string;
  readerIncarnation: string;
}

/** A piece of a log. */
export interface LogPage extends StreamPage<MessageItem>, Incarnations {}

/** Before the oldest entry kept. */
export const OLDEST: LogPosition = { epoch: '', incarnation: '', id: '0-0' as MessageId };

/** Reads conversations' logs as they were written, for those who follow them. */
export class LogReader implements SourceKind {
  readonly #store: Store;
  readonly #logs: Logs;
  readonly #reads: SharedReads<WantedPage, LogStretch>;
  /** The items of what several have read together, in one conversation. */
  readonly #shared = new WeakMap<readonly RawItem[], { conversation: Conversation; items: MessageItem[] }>();

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
    this.#reads = new SharedReads(store, (wanted) => store.run(readLogs, wanted));
  }

  get space(): SpaceName {
    return this.#store.keys.space;
  }

  /** The full name of the key of a conversation's log. */
  keyOf({ reader, conversation }: Follower): string {
    return this.#store.keys.log(logOf(reader, conversation));
  }

  /**
   * What comes after a position, as far as one page goes. An entry that was erased is a tombstone in its place; any other
   * hole is a gap. Below what its reader may read it begins behind that, which is no gap. `not_member`, `group_not_found`,
   * `user_not_found`.
   */
  async page({ reader, conversation }: Follower, start: LogPosition | 'now', limits: PageLimits): Promise<LogPage> {
    const { generation } = this.#logs;
    const after = start === 'now' ? OLDEST : start;
    const { maxBytes } = limits;
    const count = start === 'now' ? 0 : limits.count;
    const found = await this.#reads.read({ reader, conversation, after, count, maxBytes });
    const items = this.#itemsOf(reader, conversation, found, generation);
    const cursorOf = cursorsIn(found);
    const { newest, asked, position, gap, lost, epoch, incarnation, readerIncarnation } = found;
    const resumed = cursorOf(start === 'now' ? newest : position);
    const from = after.epoch === '' ? cursorOf(start === 'now' ? newest : asked) : formatLogCursor(after);
    const next = items.at(-1)?.cursor ?? resumed;
    const backfill = `/v1/users/${reader}/conversations/${conversation}/messages`;
    return {
      items,
      ...(gap === ''
        ? {}
        : { gap: { reason: gap, requested: from, resumed, ...(lost === undefined ? {} : { lost }), backfill } }),
      from,
      next,
      upToDate: next === cursorOf(newest) || (items.length === 0 && newest === '1-0'),
      beyond: found.isBeyond,
      epoch,
      incarnation,
      readerIncarnation,
    };
  }

  #itemsOf(reader: Uid, conversation: Conversation, found: LogStretch, generation: number): MessageItem[] {
    const shared = this.#shared.get(found.items);
    // Of a direct chat the two see different names.
    if (shared?.conversation === conversation) return shared.items;
    const log = logOf(reader, conversation);
    const cursorOf = cursorsIn(found);
    const items = found.items.map((raw) => {
      if (!isEntry(raw)) {
        const [what, text] = raw;
        const gone =
          what === 'erased' ? toTombstone(conversation, text) : toMessage(conversation, text as MessageId, undefined);
        return goneItem(gone, cursorOf);
      }
      const kept = this.#logs.keep(log, raw, generation);
      return new LogItem(cursorOf(kept.entry.id), conversation, kept);
    });
    this.#shared.set(found.items, { conversation, items });
    return items;
  }

  /** Where each log ends; or why its reader may not read it any more. */
  async verify(followers: readonly LogFollower[]): Promise<Standing[]> {
    const { epoch, standings } = await this.#store.run(verifyLogs, followers);
    return standings.map((standing, i) => {
      const follower = followers[i]!;
      if ('refusal' in standing) return { ended: follower.endedByCode(standing.refusal!.split(' ')[0]!.toLowerCase()) };
      const ended = follower.endedAs(standing);
      if (ended) return { ended };
      return { newest: formatLogCursor({ epoch, incarnation: standing.incarnation, id: standing.newest }) };
    });
  }
}

class LogItem implements MessageItem {
  readonly cursor: Cursor;
  readonly #conversation: Conversation;
  readonly #kept: KeptEntry;

  constructor(cursor: Cursor, conversation: Conversation, kept: KeptEntry) {
    this.cursor = cursor;
    this.#conversation = conversation;
    this.#kept = kept;
  }

  get message(): Message {
    return toMessage(this.#conversation, this.#kept.entry.id, this.#kept.entry);
  }

  get json(): string {
    return this.#kept.jsonIn(this.#conversation);
  }
}

function cursorsIn({ epoch, incarnation }: LogStretch): (id: MessageId) => Cursor {
  return (id) => formatLogCursor({ epoch, incarnation, id });
}

function isEntry(raw: RawItem): raw is RawEntry {
  return typeof raw[1] !== 'string';
}

/** What stands in place of an entry that was erased. */
function goneItem(message: Message, cursorOf: (id: MessageId) => Cursor): MessageItem {
  return { cursor: cursorOf(message.id), message, json: JSON.stringify(message) };
}
