import type { Conversation, LogName } from '../../domain/conversations.ts';
import type { Message } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { Page } from '../../domain/pages.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './history-commands.ts';

/**
 * Conversations as they are read afterwards: messages with their newest fields, reactions and replies, and events.
 * What was erased is shown by a tombstone (`action: "gone"`), in its place. One call of Redis each, whatever has changed.
 */
export class History {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Forgets what is kept of messages that retention has taken; once in a while is enough. */
  trim(log: LogName): Promise<void> {
    return this.#store.run(commands.trim, log);
  }

  /** One message; `message_not_found`. */
  get(reader: Uid, conversation: Conversation, mid: MessageId): Promise<Message> {
    return this.#store.run(commands.get, { reader, conversation, mid });
  }

  /**
   * A page, always the oldest message first. With `before`, or neither, it goes back from there (from the newest); with
   * `after` it goes forward. `next` continues in the same direction.
   */
  async page(
    reader: Uid,
    conversation: Conversation,
    range: { before?: MessageId | undefined; after?: MessageId | undefined; limit: number },
  ): Promise<Page<Message>> {
    const direction = range.after === undefined ? 'back' : 'on';
    const beside = range.after ?? range.before;
    const found = await this.#store.run(commands.page, {
      reader,
      conversation,
      direction,
      beside,
      count: range.limit + 1,
    });
    const page = pageFrom(found, range.limit);
    if (direction === 'back') page.items.reverse();
    return page;
  }

  /** The replies to a message, the oldest first; `message_not_found`. */
  async replies(
    reader: Uid,
    conversation: Conversation,
    mid: MessageId,
    { after, limit }: { after?: MessageId | undefined; limit: number },
  ): Promise<Page<Message>> {
    const found = await this.#store.run(commands.replies, { reader, conversation, mid, after, count: limit + 1 });
    return pageFrom(found, limit);
  }
}

/** A page of at most `limit` of what was found, which is one more where there is another page. */
function pageFrom(found: Message[], limit: number): Page<Message> {
  const items = found.slice(0, limit);
  return found.length > limit ? { items, next: items.at(-1)!.id } : { items };
}
