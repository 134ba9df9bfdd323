import type { Actor } from '../../domain/actor.ts';
import { type Conversation, logOf } from '../../domain/conversations.ts';
import { type Message, RESERVED_MESSAGE_FIELDS } from '../../domain/entries.ts';
import { checkPatch } from '../../domain/fields.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import type { Asking } from './asking.ts';
import * as commands from './editing-commands.ts';
import type { Logs } from './logs.ts';

/** What is changed of messages once they were sent. Everybody is told, in one order with the messages. */
export class Editing {
  readonly #store: Store;
  readonly #logs: Logs;
  readonly #windowMs: number;
  readonly #asking: Asking | undefined;

  /**
   * @param windowMs how long after sending a message may be edited; 0 is for ever
   * @param asking where somebody is to be asked before
   */
  constructor(store: Store, logs: Logs, windowMs: number, asking?: Asking) {
    this.#store = store;
    this.#logs = logs;
    this.#windowMs = windowMs;
    this.#asking = asking;
  }

  /**
   * Merges fields into a message (null removes one), for its sender, who has to be able to send here now. A message may be
   * edited 50 times. Nothing is told if nothing changes.
   *
   * @returns the message as a history shows it now
   */
  async edit(
    actor: Uid,
    conversation: Conversation,
    mid: MessageId,
    patch: Record<string, string | null>,
    caller: Actor['kind'] = 'server',
  ): Promise<Message> {
    let change = checkPatch(patch, RESERVED_MESSAGE_FIELDS);
    if (this.#asking) {
      const asked = { uid: actor, conversation, caller, target: mid, fields: patch };
      change = (await this.#asking.edit(asked)) ?? change;
    }
    const edit = { actor, conversation, mid, windowMs: this.#windowMs, ...change };
    return (await this.#store.run(commands.edit, edit)).message;
  }

  /**
   * Erases a message for everybody, with its edits and reactions: for its sender, and the owner of the group. What was
   * erased before is erased.
   */
  async erase(actor: Uid, conversation: Conversation, mid: MessageId): Promise<void> {
    await this.#store.run(commands.erase, { actor, conversation, mid });
    this.#logs.forget({ log: logOf(actor, conversation), id: mid });
  }
}
