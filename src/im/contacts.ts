import { ImError } from '../errors.ts';
import { type Conversation, type Uid, withUser } from '../ids.ts';
import { type ImContext, report } from './context.ts';
import { cutByTime, type Page, type PageRequest } from './page.ts';
import { settle } from './refusals.ts';

/** An entry of somebody's contacts: a person or a group, as a conversation. */
export interface Contact {
  conversation: Conversation;
  linkedAt: string;
}

/** Contacts: one's own list of people and groups. Groups come and go with membership. */
export class Contacts {
  readonly #context: ImContext;

  constructor(context: ImContext) {
    this.#context = context;
  }

  /** Adds a person. The first time both are told by a `link` event in their chat; again, nothing happens. */
  async link(uid: Uid, peer: Uid): Promise<{ contact: Contact; created: boolean }> {
    const { redis, keys } = this.#context;
    const [outcome, linkedAt, refused, reason] = settle(await redis.imLink(keys.contacts(uid), uid, peer));
    report(this.#context, refused, reason);
    const contact = { conversation: withUser(peer), linkedAt: new Date(Number(linkedAt)).toISOString() };
    return { contact, created: outcome === 'linked' };
  }

  /** Removes a person; `contact_not_found` if there was none. Nobody is told, and the conversation stays. */
  async unlink(uid: Uid, peer: Uid): Promise<void> {
    const { redis, keys } = this.#context;
    if ((await redis.zrem(keys.contacts(uid), withUser(peer))) === 0) {
      throw new ImError('contact_not_found', `"${peer}" is not among the contacts. Nothing was changed.`);
    }
  }

  /** All contacts, the oldest first. */
  async list(uid: Uid, request: PageRequest): Promise<Page<Contact>> {
    const { redis, keys } = this.#context;
    const all = await redis.zrange(keys.contacts(uid), '0', '-1', 'WITHSCORES');
    return cutByTime(all, request, (name, linkedAt) => ({ conversation: name as Conversation, linkedAt }));
  }
}
