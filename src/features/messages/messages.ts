import { hash, randomUUID } from 'node:crypto';
import { type Conversation, logOf, parseConversation } from '../../domain/conversations.ts';
import type { LogEntry, RawEntry } from '../../domain/entries.ts';
import { type Fields, type Message, parseEntry, RESERVED_MESSAGE_FIELDS, toMessage } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import { checkFields } from '../../domain/fields.ts';
import type { Uid } from '../../domain/names.ts';
import type { Page } from '../../domain/pages.ts';
import { refuse } from '../../domain/refusals.ts';
import { compareStreamIds, type MessageId, parseStreamId, rangeAfter, rangeBefore } from '../../domain/stream-ids.ts';
import { asImError } from '../../redis/failure.ts';
import type { Store } from '../../redis/store.ts';
import type { Sending, SendReply } from './commands.ts';
import * as commands from './commands.ts';
import type { Logs } from './logs.ts';
import { Sender } from './sender.ts';

/** One message to send. */
export interface Send {
  uid: Uid;
  conversation: Conversation;
  fields: Fields;
  /** Makes a repeated send answer with the first message. */
  clientMessageId?: string | undefined;
}

/** A message that is stored, and whether this call made it. */
export interface Sent {
  message: Message;
  created: boolean;
}

/** What sending needs beside the logs. */
export interface MessagesContext {
  store: Store;
  /** Told how each send came out: `created`, `repeated`, or an error code. */
  sent: (outcome: string) => void;
}

/** How long a clientMessageId that the service made itself is remembered: long enough to retry an unknown outcome. */
const OWN_ID_TTL_MS = 300_000;

/** Messages: sending, reading, history, erasure. */
export class Messages {
  readonly #context: MessagesContext;
  readonly #logs: Logs;
  readonly #sender: Sender;
  readonly #idempotencyTtlMs: number;

  /** @param idempotencyTtlMs how long a sender's clientMessageId is remembered */
  constructor(context: MessagesContext, logs: Logs, idempotencyTtlMs: number) {
    this.#context = context;
    this.#logs = logs;
    this.#sender = new Sender(context.store);
    this.#idempotencyTtlMs = idempotencyTtlMs;
  }

  /**
   * Sends a message. Once this resolves the message is in its log and will be in every recipient's inbox exactly once.
   *
   * @throws ImError `outcome_unknown` with the `clientMessageId` to repeat the send with, if Redis did not answer
   */
  async send(uid: Uid, conversation: Conversation, body: Omit<Send, 'uid' | 'conversation'>): Promise<Sent> {
    const sending = this.#prepare({ ...body, uid, conversation });
    try {
      return this.#sent(sending, body.fields, await this.#sender.send(sending));
    } catch (error) {
      throw this.#explain(sending, error);
    }
  }

  /** Sends several messages; each stands for itself and has its own outcome, in the order given. */
  async sendMany(sends: readonly Send[]): Promise<(Sent | { error: ImError })[]> {
    const outcomes: (Sent | { error: ImError })[] = [];
    const waiting: { place: number; send: Send; sending: Sending }[] = [];
    sends.forEach((send, place) => {
      try {
        waiting.push({ place, send, sending: this.#prepare(send) });
      } catch (error) {
        if (!(error instanceof ImError)) throw error;
        outcomes[place] = { error };
      }
    });
    const replies = await this.#sender.sendMany(waiting.map(({ sending }) => sending));
    waiting.forEach(({ place, send, sending }, i) => {
      const reply = replies[i]!;
      outcomes[place] =
        reply.outcome === 'failed'
          ? { error: this.#failed(sending, reply.error) }
          : this.#sent(sending, send.fields, reply);
    });
    return outcomes;
  }

  /** One message; `message_not_found`. */
  async get(uid: Uid, conversation: Conversation, mid: MessageId): Promise<Message> {
    const floor = await this.#floor(uid, conversation);
    const { redis, keys } = this.#context.store;
    const [raw] = await redis.xrange(keys.log(logOf(uid, conversation)), mid, mid);
    if (!raw || isBelow(mid, floor)) refuse('message_not_found', mid);
    return toMessage(conversation, mid, parseEntry(raw));
  }

  /**
   * A page of a conversation, always the oldest message first. With `before`, or neither, the page goes back from there
   * (from the newest); with `after` it goes forward. `next` continues in the same direction.
   */
  async history(
    uid: Uid,
    conversation: Conversation,
    range: { before?: MessageId | undefined; after?: MessageId | undefined; limit: number },
  ): Promise<Page<Message>> {
    const floor = await this.#floor(uid, conversation);
    const { redis, keys } = this.#context.store;
    const key = keys.log(logOf(uid, conversation));
    const forward = range.after !== undefined;
    const oldest = range.after === undefined || isBelow(range.after, floor) ? floor : range.after;
    const start = oldest === undefined ? '-' : rangeAfter(oldest);
    const end = range.before === undefined ? '+' : rangeBefore(range.before);
    const one = range.limit + 1;
    const entries: RawEntry[] = forward
      ? await redis.xrange(key, start, end, 'COUNT', one)
      : await redis.xrevrange(key, end, start, 'COUNT', one);
    const page = entries
      .slice(0, range.limit)
      .map((raw) => toMessage(conversation, raw[0] as MessageId, parseEntry(raw)));
    const next = entries.length > range.limit ? page.at(-1)!.id : undefined;
    if (!forward) page.reverse();
    return next === undefined ? { items: page } : { items: page, next };
  }

  /** Erases a message for everybody: its sender, or the owner and the admins of the group. Everybody is told by an `erase` event. */
  async erase(uid: Uid, conversation: Conversation, mid: MessageId): Promise<void> {
    const log = logOf(uid, conversation);
    await this.#context.store.run(commands.erase, { actor: uid, conversation, log, mid });
    this.#logs.forget({ log, id: mid });
  }

  /**
   * Whether `uid` may read a conversation: a group's members, and the two of a direct chat. The message below which it
   * reads nothing, if there is one.
   */
  async #floor(uid: Uid, conversation: Conversation): Promise<MessageId | undefined> {
    const { redis, keys } = this.#context.store;
    const named = parseConversation(conversation);
    const log = logOf(uid, conversation);
    if ('peer' in named) {
      const [floor, peer, begun] = await Promise.all([
        redis.hget(keys.floors(uid), log),
        redis.exists(keys.user(named.peer)),
        redis.exists(keys.log(log)),
      ]);
      // The messages of somebody who was removed stay readable; a chat with somebody who never was is a mistake.
      if (peer === 0 && begun === 0) refuse('user_not_found', named.peer);
      return (floor ?? undefined) as MessageId | undefined;
    }
    const [floor, isMember, exists] = await Promise.all([
      redis.hget(keys.floors(uid), log),
      redis.sismember(keys.members(named.gid), uid),
      redis.exists(keys.group(named.gid)),
    ]);
    if (exists === 0) refuse('group_not_found', named.gid);
    if (isMember === 0) refuse('not_member', named.gid);
    return (floor ?? undefined) as MessageId | undefined;
  }

  #prepare(send: Send): Sending {
    const pairs = checkFields(send.fields, RESERVED_MESSAGE_FIELDS);
    const { uid, conversation, clientMessageId } = send;
    return {
      from: uid,
      conversation,
      log: logOf(uid, conversation),
      clientMessageId: clientMessageId ?? randomUUID(),
      shownClientMessageId: clientMessageId ?? '',
      digest: digestOf(send.fields),
      ttlMs: clientMessageId === undefined ? OWN_ID_TTL_MS : this.#idempotencyTtlMs,
      pairs,
    };
  }

  #sent(sending: Sending, fields: Fields, reply: SendReply): Sent {
    const { sent } = this.#context;
    const created = reply.outcome === 'sent';
    sent(created ? 'created' : 'repeated');
    if (!created) return { message: toMessage(sending.conversation, reply.id, reply.entry), created };
    const entry: LogEntry = { id: reply.id, from: sending.from, n: 0, fields };
    if (sending.shownClientMessageId) entry.clientMessageId = sending.shownClientMessageId;
    return { message: toMessage(sending.conversation, reply.id, entry), created };
  }

  /** The error that one of several messages is answered with: what failed there must not hide what others came to. */
  #failed(sending: Sending, error: unknown): ImError {
    const known = this.#explain(sending, error);
    return known instanceof ImError
      ? known
      : new ImError('internal', 'Something went wrong here. The log has it under this requestId.', { cause: known });
  }

  /** The error to answer with; an unknown outcome names the clientMessageId that makes a repeat safe. */
  #explain({ clientMessageId }: Sending, error: unknown): unknown {
    const known = asImError(error);
    this.#context.sent(known instanceof ImError ? known.code : 'internal');
    if (!(known instanceof ImError) || known.code !== 'outcome_unknown') return known;
    return new ImError(
      'outcome_unknown',
      `The message may or may not have been stored. Send it again with "clientMessageId": "${clientMessageId}" (within ` +
        '5 minutes if you gave none): it will not be doubled.',
      { extensions: { clientMessageId }, cause: error },
    );
  }
}

function isBelow(id: MessageId, floor: MessageId | undefined): boolean {
  return floor !== undefined && compareStreamIds(parseStreamId(id)!, parseStreamId(floor)!) <= 0;
}

/** Tells two requests apart that carry the same clientMessageId; the order of the fields does not matter. */
function digestOf(fields: Fields): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(sorted), 'base64url').slice(0, 22);
}
