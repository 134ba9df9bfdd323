import { type Conversation, conversationOf, type LogName, logOf } from '../../domain/conversations.ts';
import type { Message } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageOf } from '../../domain/pages.ts';
import { refuse } from '../../domain/refusals.ts';
import type { RECEIPTS_MAX } from '../../domain/signals.ts';
import { compareStreamIds, type MessageId, parseStreamId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** A conversation as its reader finds it. */
export interface ConversationSummary {
  conversation: Conversation;
  /** How many messages came after the read mark, without what was erased or is kept no more. */
  unread: number;
  /** How many of them mention the reader. */
  mentions: number;
  /** The newest message or event, as a history shows it. */
  last?: Message;
  /** Up to where the reader has read; absent before the first time. */
  readUpTo?: MessageId;
  /** Until when it makes no noise. */
  mutedUntil?: string;
  pinned?: true;
  archived?: true;
  markedUnread?: true;
}

/** How far somebody lets the others of a conversation know that it has read. */
export interface Receipt {
  uid: Uid;
  /** Absent where nothing is known. */
  readUpTo?: MessageId;
}

/** A change of one's own settings. What is absent stays. */
export interface SettingsPatch {
  /** RFC 3339; a time that is over ends it. */
  mutedUntil?: string | undefined;
  pinned?: boolean | undefined;
  archived?: boolean | undefined;
  markedUnread?: boolean | undefined;
}

const NOTHING = '0-0';
/** How many logs one call asks for where they stand. */
const LOGS_A_CALL = 500;
/** How many conversations one call counts. */
const COUNTS_A_CALL = 100;

/** A user's conversations: what they hold that is new, and what the user has set for itself. */
export class Conversations {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * All conversations, the one with the newest entry first. Only of those on the page the newest entry is answered, which
   * may be large; the order needs their ids alone.
   */
  async list(uid: Uid, request: PageRequest): Promise<Page<ConversationSummary>> {
    const { redis, keys } = this.#store;
    const [logs, floors] = await Promise.all([
      redis.hkeys(keys.read(uid)) as Promise<LogName[]>,
      redis.hgetall(keys.floors(uid)),
    ]);
    const ids = await this.#newestShown(logs);
    const places = logs
      .map((log, i) => ({ log, conversation: conversationOf(uid, log), id: ids[i]! }))
      .filter(({ log, id }) => isAfter(id, floors[log]));
    const page = pageOf(places.sort(byNewest), request, positionOf, (place, after) => {
      return byNewest(place, parsePosition(after)) > 0;
    });
    // One that was left or hidden meanwhile is missing.
    const items = await this.some(
      uid,
      page.items.map(({ log }) => log),
    );
    return { ...page, items };
  }

  /** Those of some logs that are in the user's list. One call of Redis. */
  async some(uid: Uid, logs: readonly LogName[]): Promise<ConversationSummary[]> {
    return (await this.#summaries(uid, logs, 'last')).flatMap((one) => (one ? [summaryOf(one)] : []));
  }

  /** One conversation; `conversation_not_found`. */
  async get(uid: Uid, conversation: Conversation): Promise<ConversationSummary> {
    const [found] = await this.#summaries(uid, [logOf(uid, conversation)], 'last');
    return summaryOf(found ?? refuse('conversation_not_found', conversation));
  }

  /** What is unread in all conversations together, without those that are muted or archived. */
  async unread(uid: Uid): Promise<{ unread: number; mentions: number }> {
    const { redis, keys } = this.#store;
    const logs = (await redis.hkeys(keys.read(uid))) as LogName[];
    const total = { unread: 0, mentions: 0 };
    for (let first = 0; first < logs.length; first += COUNTS_A_CALL) {
      for (const one of await this.#summaries(uid, logs.slice(first, first + COUNTS_A_CALL), 'counts')) {
        if (!one || one.settings.archived || (one.settings.mutedUntil ?? 0) > Date.now()) continue;
        total.unread += one.unread;
        total.mentions += one.mentions;
      }
    }
    return total;
  }

  /**
   * Moves the read mark forward to `upTo`, never back; `message_not_found` if the conversation has no such message. The
   * user's other devices are told. Works while Redis is out of memory.
   *
   * @param receipt whether the others of the conversation are told, too (in groups of up to {@link RECEIPTS_MAX})
   */
  async markRead(uid: Uid, conversation: Conversation, upTo: MessageId, receipt = true): Promise<ConversationSummary> {
    return summaryOf((await this.#store.run(commands.read, { uid, conversation, upTo, receipt }))!);
  }

  /**
   * Who has read the conversation up to where, of all who are in it, by uid. `too_many_members` in a group of more than
   * {@link RECEIPTS_MAX}; `not_member`, and `conversation_not_found` where the two have none.
   */
  async receipts(uid: Uid, conversation: Conversation): Promise<Receipt[]> {
    const all = await this.#store.run(commands.receipts, { uid, conversation });
    return all
      .map(({ uid: reader, mid }) => ({ uid: reader, ...(mid === '' ? {} : { readUpTo: mid }) }))
      .sort((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  /** Changes the settings that are this user's alone; `conversation_not_found`. */
  async change(uid: Uid, conversation: Conversation, patch: SettingsPatch): Promise<ConversationSummary> {
    const changes: Record<string, number | boolean> = {};
    for (const name of ['pinned', 'archived', 'markedUnread'] as const) {
      if (patch[name] !== undefined) changes[name] = patch[name];
    }
    if (patch.mutedUntil !== undefined) {
      const mutedUntil = Date.parse(patch.mutedUntil);
      changes.mutedUntil = mutedUntil > Date.now() && mutedUntil;
    }
    return summaryOf((await this.#store.run(commands.changeSettings, { uid, conversation, changes }))!);
  }

  /** Hides a conversation, and its history up to now, from this user alone, until something new comes. */
  async hide(uid: Uid, conversation: Conversation): Promise<void> {
    await this.#store.run(commands.hide, { uid, conversation });
  }

  #summaries(uid: Uid, logs: readonly LogName[], detail: 'last' | 'counts') {
    return logs.length === 0 ? [] : this.#store.run(commands.summaries, { uid, logs, detail });
  }

  async #newestShown(logs: readonly LogName[]): Promise<MessageId[]> {
    const ids: MessageId[] = [];
    for (let first = 0; first < logs.length; first += LOGS_A_CALL) {
      ids.push(...(await this.#store.run(commands.newestShown, logs.slice(first, first + LOGS_A_CALL))));
    }
    return ids;
  }
}

type Found = NonNullable<ReturnType<typeof commands.summaries.decode>[number]>;

function summaryOf({ conversation, unread, mentions, last, readUpTo, settings }: Found): ConversationSummary {
  const { mutedUntil, ...others } = settings;
  return {
    conversation,
    unread,
    mentions,
    ...(last ? { last } : {}),
    ...(readUpTo === NOTHING ? {} : { readUpTo }),
    ...(mutedUntil === undefined ? {} : { mutedUntil: new Date(mutedUntil).toISOString() }),
    ...others,
  };
}

function isAfter(id: MessageId, floor: string | undefined): boolean {
  return floor === undefined || compareStreamIds(parseStreamId(id)!, parseStreamId(floor)!) > 0;
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
