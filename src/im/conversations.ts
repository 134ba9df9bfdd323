import { ImError } from '../errors.ts';
import {
  type Conversation,
  compareStreamIds,
  conversationOf,
  type LogName,
  logOf,
  type MessageId,
  parseStreamId,
  type Uid,
} from '../ids.ts';
import type { ImContext } from './context.ts';
import type { Logs } from './logs.ts';
import { type LogEntry, type Message, parseEntry, toMessage } from './message.ts';
import { cut, type Page, type PageRequest } from './page.ts';
import { settle } from './refusals.ts';

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

const NOTHING_READ = '0-0';

/** A user's conversations and how far each is read. */
export class Conversations {
  readonly #context: ImContext;
  readonly #logs: Logs;

  constructor(context: ImContext, logs: Logs) {
    this.#context = context;
    this.#logs = logs;
  }

  /** All conversations, the one with the newest entry first. */
  async list(uid: Uid, request: PageRequest): Promise<Page<ConversationSummary>> {
    const { redis, keys } = this.#context;
    const marks = Object.entries(await redis.hgetall(keys.read(uid)));
    const newest = await this.#logs.newest(marks.map(([log]) => log as LogName));
    const all = marks.map(([log, mark], index) => summaryOf(uid, log as LogName, mark, newest[index]));
    return cut(all.sort(byNewest), request, positionOf, (item, after) => byNewest(item, parsePosition(after)) > 0);
  }

  /**
   * Moves the read mark forward to `upTo`, never back; `message_not_found` if the conversation has no such message.
   * Works while Redis is out of memory.
   */
  async markRead(uid: Uid, conversation: Conversation, upTo: MessageId): Promise<ConversationSummary> {
    const { redis, keys } = this.#context;
    const log = logOf(uid, conversation);
    const [, n, mid, newest] = settle(await redis.imRead(keys.read(uid), keys.log(log), log, upTo));
    return summaryOf(uid, log, `${n} ${mid}`, newest ? parseEntry(newest as [string, string[]]) : undefined);
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

type Place = { conversation: string; last?: { id: MessageId } };

/** Newest first; conversations of one moment by name. */
function byNewest(a: Place, b: Place): number {
  const order = compareStreamIds(parseStreamId(idOf(b))!, parseStreamId(idOf(a))!);
  return order !== 0 ? order : a.conversation < b.conversation ? -1 : Number(a.conversation > b.conversation);
}

function idOf(place: Place): string {
  return place.last?.id ?? NOTHING_READ;
}

function positionOf(item: ConversationSummary): string {
  return `${idOf(item)},${item.conversation}`;
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
  return { conversation: position.slice(comma + 1), last: { id: id as MessageId } };
}
