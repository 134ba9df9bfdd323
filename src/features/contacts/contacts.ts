import { type Conversation, withUser } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageByTime } from '../../domain/pages.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** An entry of somebody's contacts: a person or a group, as a conversation. */
export interface Contact {
  conversation: Conversation;
  linkedAt: string;
}

/** Contacts: one's own list of people and groups. Groups come and go with membership. */
export class Contacts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Adds a person. The first time both are told by a `link` event in their chat; again, nothing happens. */
  async link(uid: Uid, peer: Uid): Promise<{ contact: Contact; created: boolean }> {
    const { created, linkedAtMs } = await this.#store.run(commands.link, { uid, peer });
    return { contact: { conversation: withUser(peer), linkedAt: new Date(linkedAtMs).toISOString() }, created };
  }

  /** Removes a person; where there is none it changes nothing. Nobody is told, and the conversation stays. */
  async unlink(uid: Uid, peer: Uid): Promise<void> {
    const { redis, keys } = this.#store;
    await redis.zrem(keys.contacts(uid), withUser(peer));
  }

  /** All contacts, the oldest first. */
  async list(uid: Uid, request: PageRequest): Promise<Page<Contact>> {
    const { redis, keys } = this.#store;
    const all = await redis.zrange(keys.contacts(uid), '0', '-1', 'WITHSCORES');
    return pageByTime(all, request, (name, linkedAt) => ({ conversation: name as Conversation, linkedAt }));
  }
}
