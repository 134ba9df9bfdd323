import { hash, randomUUID } from 'node:crypto';
import { ImError } from '../errors.ts';
import {
  type Conversation,
  conversationOf,
  type LogName,
  logOf,
  type MessageId,
  parseConversation,
  rangeAfter,
  rangeBefore,
  type Uid,
} from '../ids.ts';
import { asImError } from '../redis/failure.ts';
import type { RawEntry, SendReply } from '../redis/scripts.ts';
import { type ImContext, report } from './context.ts';
import { checkFields } from './fields.ts';
import type { Logs } from './logs.ts';
import { type Fields, type Message, parseEntry, RESERVED_MESSAGE_FIELDS, toMessage } from './message.ts';
import type { Page } from './page.ts';
import { refusalOf, settle } from './refusals.ts';

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

/** How long a clientMessageId that the service made itself is remembered: long enough to retry an unknown outcome. */
const OWN_ID_TTL_MS = 300_000;

/** Messages: sending, reading, history, erasure. */
export class Messages {
  readonly #context: ImContext;
  readonly #logs: Logs;
  readonly #idempotencyTtlMs: number;

  /** @param idempotencyTtlMs how long a sender's clientMessageId is remembered */
  constructor(context: ImContext, logs: Logs, idempotencyTtlMs: number) {
    this.#context = context;
    this.#logs = logs;
    this.#idempotencyTtlMs = idempotencyTtlMs;
  }

  /**
   * Sends a message. Once this resolves the message is in its log and will be in every recipient's inbox exactly once.
   *
   * @throws ImError `outcome_unknown` with the `clientMessageId` to repeat the send with, if Redis did not answer
   */
  async send(uid: Uid, conversation: Conversation, body: Omit<Send, 'uid' | 'conversation'>): Promise<Sent> {
    const attempt = this.#prepare({ uid, conversation, ...body });
    try {
      return this.#settle(attempt, await this.#context.redis.imSend(...attempt.args));
    } catch (error) {
      throw this.#explain(attempt, error);
    }
  }

  /** Sends several messages in one round trip; each stands for itself and has its own outcome, in the order given. */
  async sendMany(sends: readonly Send[]): Promise<(Sent | { error: ImError })[]> {
    const pipeline = this.#context.redis.pipeline();
    const attempts = sends.map((send) => {
      try {
        const attempt = this.#prepare(send);
        pipeline.imSend(...attempt.args);
        return attempt;
      } catch (error) {
        if (error instanceof ImError) return error;
        throw error;
      }
    });
    const replies = (await pipeline.exec()) ?? [];
    let next = 0;
    return attempts.map((attempt) => {
      if (attempt instanceof ImError) return { error: attempt };
      const [error, reply] = replies[next++]!;
      try {
        if (error) throw error;
        return this.#settle(attempt, reply as SendReply);
      } catch (cause) {
        const known = this.#explain(attempt, cause);
        if (known instanceof ImError) return { error: known };
        throw cause;
      }
    });
  }

  /** One message; `message_not_found`. */
  async get(uid: Uid, conversation: Conversation, mid: MessageId): Promise<Message> {
    const [raw] = await this.#read(uid, conversation, (key) => this.#context.redis.xrange(key, mid, mid));
    if (!raw) settle(['message_not_found', mid]);
    return toMessage(conversation, mid, parseEntry(raw!));
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
    const { redis } = this.#context;
    const forward = range.after !== undefined;
    const start = range.after === undefined ? '-' : rangeAfter(range.after);
    const end = range.before === undefined ? '+' : rangeBefore(range.before);
    const one = range.limit + 1;
    const entries = await this.#read(uid, conversation, (key) =>
      forward ? redis.xrange(key, start, end, 'COUNT', one) : redis.xrevrange(key, end, start, 'COUNT', one),
    );
    const page = entries
      .slice(0, range.limit)
      .map((raw) => toMessage(conversation, raw[0] as MessageId, parseEntry(raw)));
    const next = entries.length > range.limit ? page.at(-1)!.id : undefined;
    if (!forward) page.reverse();
    return next === undefined ? { items: page } : { items: page, next };
  }

  /** Erases a message for everybody: its sender, or the owner of the group. Everybody is told by an `erase` event. */
  async erase(uid: Uid, conversation: Conversation, mid: MessageId): Promise<void> {
    const { redis, keys } = this.#context;
    const log = logOf(uid, conversation);
    const [, refused, reason] = settle(await redis.imErase(keys.log(log), log, uid, peerOf(conversation), mid));
    this.#logs.forget({ log, id: mid });
    report(this.#context, refused, reason);
  }

  /** Reads a conversation's log, if `uid` may: a group's members, and the two of a direct chat. */
  async #read(
    uid: Uid,
    conversation: Conversation,
    query: (logKey: string) => Promise<RawEntry[]>,
  ): Promise<RawEntry[]> {
    const { redis, keys } = this.#context;
    const named = parseConversation(conversation);
    const logKey = keys.log(logOf(uid, conversation));
    if ('peer' in named) {
      const [entries, exists] = await Promise.all([query(logKey), redis.exists(keys.user(named.peer))]);
      // The messages of somebody who was removed stay readable; a chat with somebody who never was is a mistake.
      if (entries.length === 0 && exists === 0) settle(['user_not_found', named.peer]);
      return entries;
    }
    const [isMember, exists, entries] = await Promise.all([
      redis.sismember(keys.members(named.gid), uid),
      redis.exists(keys.group(named.gid)),
      query(logKey),
    ]);
    if (exists === 0) settle(['group_not_found', named.gid]);
    if (isMember === 0) settle(['not_member', named.gid]);
    return entries;
  }

  #prepare(send: Send) {
    const pairs = checkFields(send.fields, RESERVED_MESSAGE_FIELDS);
    const { keys } = this.#context;
    const log = logOf(send.uid, send.conversation);
    const clientMessageId = send.clientMessageId ?? randomUUID();
    const args = [
      keys.idempotency(log, send.uid, clientMessageId),
      log,
      send.uid,
      peerOf(send.conversation),
      send.clientMessageId ?? '',
      digestOf(send.fields),
      send.clientMessageId === undefined ? OWN_ID_TTL_MS : this.#idempotencyTtlMs,
      ...pairs,
    ] as const;
    return { send, log, clientMessageId, args };
  }

  #settle(attempt: Attempt, reply: SendReply): Sent {
    const refusal = refusalOf(reply);
    if (refusal) throw refusal;
    this.#context.sent(reply[0] === 'sent' ? 'created' : 'repeated');
    const { send, log } = attempt;
    const mid = reply[1] as MessageId;
    const conversation = conversationOf(send.uid, log);
    if (reply[0] === 'repeated') {
      const flat = reply[2] as string[] | null | undefined;
      return { message: toMessage(conversation, mid, flat ? parseEntry([mid, flat]) : undefined), created: false };
    }
    report(this.#context, reply[2] as number, reply[3]);
    const { clientMessageId, fields } = send;
    const entry = {
      id: mid,
      from: send.uid,
      n: 0,
      fields,
      ...(clientMessageId === undefined ? {} : { clientMessageId }),
    };
    return { message: toMessage(conversation, mid, entry), created: true };
  }

  /** The error to answer with; an unknown outcome names the clientMessageId that makes a repeat safe. */
  #explain(attempt: Attempt, error: unknown): unknown {
    const known = asImError(error);
    this.#context.sent(known instanceof ImError ? known.code : 'internal');
    if (!(known instanceof ImError) || known.code !== 'outcome_unknown') return known;
    const { clientMessageId } = attempt;
    return new ImError(
      'outcome_unknown',
      `The message may or may not have been stored. Send it again with "clientMessageId": "${clientMessageId}" (within ` +
        '5 minutes if you gave none): it will not be doubled.',
      { extensions: { clientMessageId }, cause: error },
    );
  }
}

interface Attempt {
  send: Send;
  log: LogName;
  clientMessageId: string;
}

/** The other person of a direct chat, `''` for a group: how the scripts take it. */
function peerOf(conversation: Conversation): string {
  const named = parseConversation(conversation);
  return 'peer' in named ? named.peer : '';
}

/** Tells two requests apart that carry the same clientMessageId; the order of the fields does not matter. */
function digestOf(fields: Fields): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(sorted), 'base64url').slice(0, 22);
}
