import { type Conversation, conversationOf, type LogName, logOf } from '../../domain/conversations.ts';
import { type LogEntry, type Message, toMessage } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageOf } from '../../domain/pages.ts';
import type { RECEIPTS_MAX } from '../../domain/signals.ts';
import { compareStreamIds, type MessageId, parseStreamId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import { newestIds } from '../../redis/streams/commands.ts';
import type { Logs } from '../messages/logs.ts';
import { read, receipts } from './commands.ts';

/** A conversation as its reader finds it in a list. */
export interface ConversationSummary {
  conversation: Conversation;
  /** How many messages came after the read mark. */
  unread: number;
  /** The newest entry, system events included. */
  last?: Message;
  /** Up to where the reader has read; absent before the first time. */
  readUpTo?: MessageId;
}

/** How far somebody lets the others of a conversation know that it has read. */
export interface Receipt {
  uid: Uid;
  /** Absent where nothing is known. */
  readUpTo?: MessageId;
}

const NOTHING_READ = '0-0';
/** How many logs one call asks for their newest ids. */
const IDS_A_CALL = 500;

/** A user's conversations and how far each is read. */
export class Conversations {
  readonly #store: Store;
  readonly #logs: Logs;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
  }

  /**
   * All conversations, the one with the newest entry first. Only of those on the page the newest entry is read, which
   * may be large; the order needs their ids alone.
   */
  async list(uid: Uid, request: PageRequest): Promise<Page<ConversationSummary>> {
    const { redis, keys } = this.#store;
    const marks = Object.entries(await redis.hgetall(keys.read(uid)));
    const ids = await this.#newestIds(marks.map(([log]) => log as LogName));
    const places = marks.map(([log, mark], i) => ({
      conversation: conversationOf(uid, log as LogName),
      id: ids[i] || NOTHING_READ,
      log: log as LogName,
      mark,
    }));
    const page = pageOf(places.sort(byNewest), request, positionOf, (place, after) => {
      return byNewest(place, parsePosition(after)) > 0;
    });
    const newest = await this.#logs.newest(page.items.map(({ log }) => log));
    return { ...page, items: page.items.map(({ log, mark }, i) => summaryOf(uid, log, mark, newest[i])) };
  }

  /**
   * Moves the read mark forward to `upTo`, never back; `message_not_found` if the conversation has no such message. The
   * user's other devices are told. Works while Redis is out of memory.
   *
   * @param receipt whether the others of the conversation are told, too (in groups of up to {@link RECEIPTS_MAX})
   */
  async markRead(uid: Uid, conversation: Conversation, upTo: MessageId, receipt = true): Promise<ConversationSummary> {
    const { mark, newest } = await this.#store.run(read, { uid, conversation, upTo, receipt });
    return summaryOf(uid, logOf(uid, conversation), mark, newest);
  }

  /**
   * Who has read the conversation up to where, of all who are in it, by uid. `too_many_members` in a group of more than
   * {@link RECEIPTS_MAX}; `not_member`, and `conversation_not_found` where the two have none.
   */
  async receipts(uid: Uid, conversation: Conversation): Promise<Receipt[]> {
    const all = await this.#store.run(receipts, { uid, conversation });
    return all
      .map(({ uid: reader, mid }) => ({ uid: reader, ...(mid === '' ? {} : { readUpTo: mid }) }))
      .sort((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  /** The newest id of each log, in the order given. */
  async #newestIds(logs: readonly LogName[]): Promise<string[]> {
    const ids: string[] = [];
    for (let first = 0; first < logs.length; first += IDS_A_CALL) {
      const some = logs.slice(first, first + IDS_A_CALL).map((log) => this.#store.keys.log(log));
      ids.push(...(await this.#store.run(newestIds, some)).newest);
    }
    return ids;
  }
}

function summaryOf(uid: Uid, log: LogName, mark: string, newest: LogEntry | undefined): ConversationSummary {
  const conversation = conversationOf(uid, log);
  const [n, mid] = mark.split(' ') as [string, MessageId];
  return {
    conversation,
    unread: Math.max(0, (newest?.n ?? 0) - Number(n)),
    ...(newest ? { last: toMessage(conversation, newest.id, newest) } : {}),
    ...(mid === NOTHING_READ ? {} : { readUpTo: mid }),
  };
}

/** Where a conversation stands in the list. */
interface Place {
  conversation: string;
  /** Of the newest entry. */
  id: string;
}

/** Newest first; conversations of one moment by name. */
function byNewest(a: Place, b: Place): number {
  const order = compareStreamIds(parseStreamId(b.id)!, parseStreamId(a.id)!);
  return order !== 0 ? order : a.conversation < b.conversation ? -1 : Number(a.conversation > b.conversation);
}

function positionOf({ id, conversation }: Place): string {
  return `${id},${conversation}`;
}

function parsePosition(position: string): Place {
  const comma = position.indexOf(',');
  const id = position.slice(0, Math.max(comma, 0));
  if (!parseStreamId(id)) {
    throw new ImError(
      'invalid_cursor',
      '"after" has to be the "next" of the page before, for example 1763900000123-4,user:bob.',
    );
  }
  return { conversation: position.slice(comma + 1), id };
}
