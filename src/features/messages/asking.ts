import type { Actor } from '../../domain/actor.ts';
import type { Conversation } from '../../domain/conversations.ts';
import { RESERVED_MESSAGE_FIELDS } from '../../domain/entries.ts';
import { checkPatch, readPatch } from '../../domain/fields.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { asImError } from '../../redis/failure.ts';
import type { Store } from '../../redis/store.ts';
import type { BeforeSend } from '../moderation/before-send.ts';
import { type Sending, type SendReply, sentBefore } from './commands.ts';
import type { Send } from './send.ts';

/** How many messages of one batch are asked about at a time. */
const TOGETHER = 16;

/** A message to send: as it was asked for, and as the scripts take it. */
export interface Ready {
  send: Send;
  sending: Sending;
}

/** What was decided of it; with a reply it was sent before. */
export type Decided = Ready & { reply?: SendReply };

/** An edit, as it was asked for. */
export interface EditQuestion {
  uid: Uid;
  conversation: Conversation;
  caller: Actor['kind'];
  target: MessageId;
  fields: Record<string, string | null>;
}

/**
 * Asks before anything that people read is written, in one space: each way to send and to edit passes here, where somebody
 * is to be asked.
 */
export class Asking {
  readonly #store: Store;
  readonly #hook: BeforeSend;
  /** Of each sender and conversation: the last send that waits for its turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(store: Store, hook: BeforeSend) {
    this.#store = store;
    this.#hook = hook;
  }

  /**
   * Sends, once it was asked. Questions may be open together; what one person sends to one conversation goes on in the order
   * in which it came.
   *
   * @param bring takes the send on; it is called in that order
   * @throws as {@link decide} and `bring` do
   */
  async inTurn(ready: Ready, bring: (sending: Sending) => Promise<SendReply>): Promise<Ready & { reply: SendReply }> {
    const { log, from } = ready.sending;
    const name = `${from} ${log}`;
    const turn = Promise.allSettled([this.decide(ready), this.#turns.get(name)]);
    this.#turns.set(name, turn);
    const [decision] = await turn;
    if (this.#turns.get(name) === turn) this.#turns.delete(name);
    if (decision.status === 'rejected') throw decision.reason;
    const { reply, send, sending } = decision.value;
    return { send, sending, reply: reply ?? (await bring(sending)) };
  }

  /** Decides about several, each for itself. */
  async decideEach(all: readonly Ready[]): Promise<PromiseSettledResult<Decided>[]> {
    const decisions: PromiseSettledResult<Decided>[] = [];
    const waiting = all.entries();
    const decideOn = async () => {
      for (const [i, ready] of waiting) decisions[i] = (await Promise.allSettled([this.decide(ready)]))[0];
    };
    await Promise.all(Array.from({ length: TOGETHER }, decideOn));
    return decisions;
  }

  /**
   * Decides about one. What was sent before under its clientMessageId is not asked about again. Its digest stays that of
   * what the sender has sent.
   *
   * @throws ImError `message_denied`, `unavailable`, `client_message_id_reused`
   */
  async decide({ send, sending }: Ready): Promise<Decided> {
    if (send.clientMessageId !== undefined) {
      const reply = await this.#store.run(sentBefore, sending).catch((error: unknown) => {
        throw asImError(error, 'read');
      });
      if (reply) return { send, sending, reply };
    }
    const { uid: from, caller = 'server', fields = {}, ...rest } = send;
    const hasAttachments = sending.attachments.length > 0;
    const question = {
      type: 'message.sending',
      space: this.#store.keys.space,
      data: { from, caller, ...rest, fields },
    } as const;
    const replaced = await this.#hook.ask(question, (value) => {
      const given = readPatch(value, { allowsNull: false }) as Record<string, string> | undefined;
      if (!given) throw new Error('the "fields" of the answer are no map of strings');
      const { pairs } = checkPatch(given, RESERVED_MESSAGE_FIELDS);
      if (pairs.length === 0 && !hasAttachments) throw new Error('the "fields" of the answer are empty');
      return { fields: given, pairs };
    });
    if (!replaced) return { send, sending };
    return { send: { ...send, fields: replaced.fields }, sending: { ...sending, pairs: replaced.pairs } };
  }

  /**
   * Asks before an edit.
   *
   * @returns the change to make in place of the one that was asked for; undefined if it may be made
   * @throws ImError `message_denied`, `unavailable`
   */
  edit({ uid: from, ...rest }: EditQuestion): Promise<{ pairs: string[]; removed: string[] } | undefined> {
    const question = { type: 'message.editing', space: this.#store.keys.space, data: { from, ...rest } } as const;
    return this.#hook.ask(question, (value) => {
      const given = readPatch(value, { allowsNull: true });
      if (!given) throw new Error('the "fields" of the answer are no map of strings and null');
      return checkPatch(given, RESERVED_MESSAGE_FIELDS);
    });
  }
}
