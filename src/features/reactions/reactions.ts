import type { Conversation } from '../../domain/conversations.ts';
import type { ReactionCount } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageOf } from '../../domain/pages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** A person who reacted to a message. */
export interface Reactor {
  uid: Uid;
  /** The earliest first. */
  reactions: string[];
}

/** Reactions: state of a message, beside the log. The message's author gets one inbox entry for each person, ever. */
export class Reactions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Adds a reaction of one's own, for whoever may send here now; a message has at most 20 kinds. Repeated it changes
   * nothing.
   *
   * @returns those of the message
   */
  async add(actor: Uid, conversation: Conversation, mid: MessageId, reaction: string): Promise<ReactionCount[]> {
    return (await this.#store.run(commands.react, { actor, conversation, mid, reaction, change: 'add' })).reactions;
  }

  /** Takes a reaction of one's own back. Repeated it changes nothing. */
  async remove(actor: Uid, conversation: Conversation, mid: MessageId, reaction: string): Promise<void> {
    await this.#store.run(commands.react, { actor, conversation, mid, reaction, change: 'remove' });
  }

  /** Who reacted to a message, by uid; `message_not_found`. */
  async list(reader: Uid, conversation: Conversation, mid: MessageId, request: PageRequest): Promise<Page<Reactor>> {
    const people = await this.#store.run(commands.list, { actor: reader, conversation, mid });
    return pageOf(
      people.sort((a, b) => (a.uid < b.uid ? -1 : 1)),
      request,
      ({ uid }) => uid,
      ({ uid }, after) => uid > after,
    );
  }
}
