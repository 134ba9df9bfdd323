import type { Signal } from '@redisim/client';
import { type Store, seqOf } from './db.ts';
import type { Inbox } from './inbox.ts';
import type { Listing } from './listing.ts';
import type { Receipts } from './receipts.ts';

type SignalOf<Name extends Signal['event']> = Extract<Signal, { event: Name }>['data'];

/** Signals that change what is kept; those of this moment alone (`typing`, `presence`) do not get here. */
export type KeptSignal = Extract<Signal, { event: 'read' | 'reaction' | 'conversation' }>;

/** Writes what signals tell into the store. */
export class Signals {
  readonly #store: Store;
  readonly #inbox: Inbox;
  readonly #listing: Listing;
  readonly #receipts: Receipts;
  readonly #uid: string;

  constructor(store: Store, parts: { inbox: Inbox; listing: Listing; receipts: Receipts }, uid: string) {
    this.#store = store;
    this.#inbox = parts.inbox;
    this.#listing = parts.listing;
    this.#receipts = parts.receipts;
    this.#uid = uid;
  }

  /** @throws ApiError where the service had to be asked and does not answer */
  async take(signal: KeptSignal): Promise<void> {
    if (signal.event === 'read') await this.#read(signal.data);
    else if (signal.event === 'reaction') await this.#reaction(signal.data);
    else await this.#conversation(signal.data);
  }

  async #read({ conversation, uid, upTo }: SignalOf<'read'>): Promise<void> {
    await this.#receipts.told(conversation, uid, upTo);
    if (uid !== this.#uid) return;
    const { conversations } = this.#store;
    const known = await conversations.get(conversation);
    if (!known || (seqOf(known.readUpTo ?? '-0') >= seqOf(upTo) && !known.markedUnread)) return;
    // What is left unread after a mark in the middle only the service can count.
    if (seqOf(upTo) < seqOf(known.last?.id ?? '-0')) return this.#listing.reread(conversation);
    await conversations.update(conversation, { unread: 0, mentions: 0, readUpTo: upTo, markedUnread: false });
  }

  async #reaction(data: SignalOf<'reaction'>): Promise<void> {
    const { conversation, target, uid, reaction, added, reactions } = data;
    await this.#inbox.change(conversation, target, ({ reactions: before = [] }) => ({
      reactions: reactions.map((one) => {
        const isTold = uid === this.#uid && one.reaction === reaction;
        const wasMine = before.some((known) => known.reaction === one.reaction && known.mine);
        return { ...one, mine: isTold ? added : wasMine };
      }),
    }));
  }

  async #conversation({ conversation, hidden, ...settings }: SignalOf<'conversation'>): Promise<void> {
    // Something new may have come since: then it is there again.
    if (hidden) return this.#listing.reread(conversation);
    const { mutedUntil, pinned, archived, markedUnread } = settings;
    const known = await this.#store.conversations.get(conversation);
    if (!known) return;
    // What is left out is not set.
    await this.#store.conversations.update(conversation, { mutedUntil, pinned, archived, markedUnread } as object);
  }
}
