import { randomUUID } from 'node:crypto';
import { type Conversation, type LogName, logOf } from '../../domain/conversations.ts';
import type { LogEntry } from '../../domain/entries.ts';
import { type Fields, type Message, RESERVED_MESSAGE_FIELDS, toMessage } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import { checkFields } from '../../domain/fields.ts';
import type { Uid } from '../../domain/names.ts';
import { asImError } from '../../redis/failure.ts';
import type { Store } from '../../redis/store.ts';
import type { Asking, Ready } from './asking.ts';
import { createEvent, type Sending, type SendReply } from './commands.ts';
import { CUSTOM, digestOf, type Send } from './send.ts';
import type { Sender } from './sender.ts';

/** A message that is stored, and whether this call made it. */
export interface Sent {
  message: Message;
  created: boolean;
}

/** What came of one of several. */
type Outcome = Sent | { error: ImError };

/** One of several, and which. */
type Placed = Ready & { place: number };

/** What sending needs. */
export interface MessagesContext {
  store: Store;
  /** Of the partition that the store is of. */
  sender: Sender;
  /** Asked before each send; throws what refuses it. */
  admit: () => void;
  /** Told how each send came out: `created`, `repeated`, or an error code. */
  sent: (outcome: string) => void;
  /** Where somebody is to be asked before a message is sent. */
  asking?: Asking | undefined;
  /** Told of a log that has grown by another hundred entries. */
  grown: (log: LogName) => void;
}

/** How long a clientMessageId that the service made itself is remembered: long enough to retry an unknown outcome. */
const OWN_ID_TTL_MS = 300_000;

/** Sends messages. */
export class Messages {
  readonly #context: MessagesContext;
  readonly #idempotencyTtlMs: number;

  /** @param idempotencyTtlMs how long a sender's clientMessageId is remembered */
  constructor(context: MessagesContext, idempotencyTtlMs: number) {
    this.#context = context;
    this.#idempotencyTtlMs = idempotencyTtlMs;
  }

  /**
   * Sends a message. Once this resolves the message is in its log and will be in every recipient's inbox exactly once.
   *
   * @throws ImError `outcome_unknown` with the `clientMessageId` to repeat the send with, if Redis did not answer
   */
  send(uid: Uid, conversation: Conversation, body: Omit<Send, 'uid' | 'conversation'>): Promise<Sent> {
    const { caller, fields, clientMessageId, replyTo, mentions, attachments, silent } = body;
    const send = { uid, conversation, caller, fields, clientMessageId, replyTo, mentions, attachments, silent };
    const { sender, store } = this.#context;
    return this.#send(send, (sending) => sender.send(store, sending));
  }

  /**
   * Puts an event of the server's own into a conversation, in the name of one who may send there now. It reaches everybody
   * as a message does, and makes nothing unread.
   *
   * @throws as {@link send}
   */
  async createEvent(
    uid: Uid,
    conversation: Conversation,
    body: { fields: Fields; clientMessageId?: string | undefined },
  ): Promise<Sent> {
    const send: Send = { ...body, uid, conversation, action: CUSTOM };
    return this.#send(send, (sending) => this.#context.store.run(createEvent, sending));
  }

  /** Sends several messages; each stands for itself and has its own outcome, in the order given. */
  async sendMany(sends: readonly Send[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const prepared: Placed[] = [];
    sends.forEach((send, place) => {
      try {
        prepared.push({ place, send, sending: this.#prepare(send) });
      } catch (error) {
        if (!(error instanceof ImError)) throw error;
        outcomes[place] = { error };
      }
    });
    const { asking, sender, store } = this.#context;
    const waiting = asking ? await this.#decided(asking, prepared, outcomes) : prepared;
    const replies = await sender.sendMany(
      store,
      waiting.map(({ sending }) => sending),
    );
    waiting.forEach(({ place, send, sending }, i) => {
      const reply = replies[i]!;
      outcomes[place] =
        reply.outcome === 'failed' ? { error: this.#failed(sending, reply.error) } : this.#sent(sending, send, reply);
    });
    return outcomes;
  }

  /** Each message that may be sent; what came of the others is noted. */
  async #decided(asking: Asking, prepared: readonly Placed[], outcomes: Outcome[]): Promise<Placed[]> {
    const decisions = await asking.decideEach(prepared);
    return prepared.flatMap(({ place, sending }, i) => {
      const decision = decisions[i]!;
      if (decision.status === 'rejected') outcomes[place] = { error: this.#failed(sending, decision.reason) };
      else if (!decision.value.reply) return [{ ...decision.value, place }];
      else outcomes[place] = this.#sent(sending, decision.value.send, decision.value.reply);
      return [];
    });
  }

  /** @param bring takes it to Redis */
  async #send(send: Send, bring: (sending: Sending) => Promise<SendReply>): Promise<Sent> {
    const { asking } = this.#context;
    const sending = this.#prepare(send);
    try {
      if (!asking) return this.#sent(sending, send, await bring(sending));
      const asked = await asking.inTurn({ send, sending }, bring);
      return this.#sent(asked.sending, asked.send, asked.reply);
    } catch (error) {
      throw this.#explain(sending, error);
    }
  }

  #prepare(send: Send): Sending {
    this.#context.admit();
    const {
      uid,
      conversation,
      fields = {},
      clientMessageId,
      replyTo,
      mentions,
      attachments = [],
      silent = false,
    } = send;
    const pairs = checkFields(fields, RESERVED_MESSAGE_FIELDS);
    return {
      from: uid,
      conversation,
      log: logOf(uid, conversation),
      clientMessageId: clientMessageId ?? randomUUID(),
      shownClientMessageId: clientMessageId ?? '',
      digest: digestOf(send),
      ttlMs: clientMessageId === undefined ? OWN_ID_TTL_MS : this.#idempotencyTtlMs,
      replyTo: replyTo ?? '',
      // Whoever is named beside `*` is among everybody.
      mentions: mentions?.includes('*') ? ['*'] : [...new Set(mentions)],
      attachments,
      silent,
      pairs,
    };
  }

  #sent(sending: Sending, { action, fields = {}, replyTo }: Send, reply: SendReply): Sent {
    const { sent } = this.#context;
    const created = reply.outcome === 'sent';
    sent(created ? 'created' : 'repeated');
    if (created && reply.id.endsWith('00')) this.#context.grown(sending.log);
    if (!created) return { message: toMessage(sending.conversation, reply.id, reply.entry), created };
    const entry: LogEntry = { id: reply.id, from: sending.from, n: 0, fields };
    if (action !== undefined) entry.action = action;
    if (sending.shownClientMessageId) entry.clientMessageId = sending.shownClientMessageId;
    if (replyTo !== undefined) entry.replyTo = replyTo;
    if (sending.mentions.length > 0) entry.mentions = sending.mentions;
    if (reply.attachments) entry.attachments = reply.attachments;
    if (sending.silent) entry.silent = true;
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
