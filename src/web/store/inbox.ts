import type { Message } from '../api/client.ts';
import { isApart, isChange, isEnd, isSaid, type Store, type StoredMessage, seqOf, toStored } from './db.ts';
import type { Histories } from './histories.ts';
import type { Listing } from './listing.ts';
import type { Profiles } from './profiles.ts';

/** Writes into the store what is told: by the inbox, and by the logs of channels. Everything may be told twice: nothing is counted twice. */
export class Inbox {
  readonly #store: Store;
  readonly #histories: Histories;
  readonly #listing: Listing;
  readonly #profiles: Profiles;
  readonly #uid: string;
  /** The conversation that the person is looking at: what comes there is read. */
  readonly #watched: () => string | undefined;

  constructor(
    store: Store,
    parts: { histories: Histories; listing: Listing; profiles: Profiles },
    uid: string,
    watched: () => string | undefined,
  ) {
    this.#store = store;
    this.#histories = parts.histories;
    this.#listing = parts.listing;
    this.#profiles = parts.profiles;
    this.#uid = uid;
    this.#watched = watched;
  }

  /** The cursor to go on from; undefined on the first visit. */
  async position(): Promise<string | undefined> {
    return (await this.#store.positions.get('inbox'))?.cursor;
  }

  /** The inbox is open. On the first visit the conversations are listed behind this cursor, so that nothing falls between. */
  async opened(cursor: string): Promise<void> {
    if (await this.position()) return;
    await this.refresh();
    await this.#moveTo('inbox', cursor);
  }

  /** Messages of the inbox, in order, and the cursor behind the last one: kept together, or not at all. */
  async take(messages: readonly Message[], cursor: string): Promise<void> {
    const channels = await this.#profiles.channelsIn(messages.map(({ conversation }) => conversation));
    const inLog = (message: Message) => !isApart(message) && !channels.has(message.conversation);
    await this.#change(async () => {
      for (const message of messages) {
        if (inLog(message)) await this.keep(message);
        else await this.#end(message);
        // It may have become a channel, or have another name.
        if (message.action === 'update') await this.#profiles.outdated(message.conversation);
      }
      await this.#moveTo('inbox', cursor);
    });
    await this.#rereadAll(messages.filter((message) => !inLog(message) && message.action !== 'react'));
    await this.#readWatched(messages);
  }

  /** Entries of the log of a channel, in the same way. */
  async takeLog(conversation: string, messages: readonly Message[], cursor: string): Promise<void> {
    await this.#change(async () => {
      for (const message of messages) {
        await this.keep(message);
        if (message.action === 'update') await this.#profiles.outdated(conversation);
      }
      await this.#moveTo(`log ${conversation}`, cursor);
    });
    await this.#readWatched(messages);
  }

  /** A message from wherever: of the inbox, of a log, or the answer to a send. */
  async keep(message: Message): Promise<void> {
    const store = this.#store;
    const stored = toStored(message);
    const { conversation, seq } = stored;
    await this.#change(async () => {
      if (message.clientMessageId && message.from === this.#uid) await store.outbox.delete(message.clientMessageId);
      // Who leaves wants to see it no more.
      if (message.action === 'quit' && message.from === this.#uid && !message.by) {
        return this.#listing.forget(conversation);
      }
      // Who is let in again has missed what came meanwhile: it would be a hole in what was kept. (A list may have told of it
      // before, so that what the conversation's last message is says nothing.)
      const newest = await this.#histories.kept(conversation).last();
      if (newest && seq > newest.seq && isEnd(newest, this.#uid)) await this.#histories.kept(conversation).delete();
      await this.#put(stored);
      const known = await store.conversations.get(conversation);
      if (known?.last && seq < known.last.seq && !isChange(message)) return;
      if (message.action === 'erase') await this.#erase(message);
      if (message.action === 'edit') {
        const { fields, sentAt } = message;
        await this.change(conversation, message.target ?? '', () => ({ fields, editedAt: sentAt }));
      }
      if (isChange(message)) return;
      // What is the last one already has been counted: here, or by the service when the conversations were listed.
      const isCounted = seq === known?.last?.seq;
      const counts = !isCounted && this.#isUnread(stored);
      await store.conversations.put({
        ...known,
        conversation,
        unread: (known?.unread ?? 0) + (counts ? 1 : 0),
        mentions: (known?.mentions ?? 0) + (counts && this.#mentionsMe(stored) ? 1 : 0),
        last: stored,
        position: Date.parse(stored.sentAt),
      });
    });
  }

  /**
   * Something was missed. What is kept may have been edited or erased since, which a history shows in its place alone; or it is
   * what the service lost, and its numbers were given again. It is read anew. (Of a channel its log tells that itself.)
   */
  async startOver(cursor: string): Promise<void> {
    const [ended, all] = [await this.#listing.ended(), await this.#store.conversations.toArray()];
    const channels = await this.#profiles.channelsIn(all.map(({ conversation }) => conversation));
    await this.#store.messages
      .filter(
        ({ conversation }) => !channels.has(conversation) && !ended.some((one) => one.conversation === conversation),
      )
      .delete();
    await this.refresh();
    await this.#moveTo('inbox', cursor);
  }

  /** The conversations as the service has them; what was missed is asked for where something is shown already. */
  async refresh(): Promise<void> {
    const conversations = await this.#listing.all();
    const channels = await this.#profiles.channelsIn(conversations.map(({ conversation }) => conversation));
    for (const { conversation } of conversations) {
      if (!channels.has(conversation)) await this.#histories.backfill(conversation);
    }
    await this.#listing.replace(conversations);
  }

  /** What is there is read, up to a message or all of it. */
  async markRead(conversation: string, upTo = Infinity): Promise<void> {
    const known = await this.#store.conversations.get(conversation);
    if (!known?.last || (known.unread === 0 && !known.markedUnread)) return;
    const last = upTo < known.last.seq ? await this.#histories.kept(conversation, upTo).last() : known.last;
    if (!last || (!known.markedUnread && seqOf(last.id) <= seqOf(known.readUpTo ?? '-0'))) return;
    const after = this.#histories.kept(conversation, Infinity, last.seq + 1);
    const left = last.seq < known.last.seq ? await after.filter((message) => this.#isUnread(message)).toArray() : [];
    await this.#store.conversations.update(conversation, {
      unread: left.length,
      mentions: left.filter((message) => this.#mentionsMe(message)).length,
      readUpTo: last.id,
      markedUnread: false,
    });
    await this.#listing.tellRead(conversation, last.id);
  }

  /** Changes a message that was sent before, where it is kept. */
  async change(
    conversation: string,
    id: string,
    changeOf: (message: StoredMessage) => Partial<StoredMessage>,
  ): Promise<void> {
    const { messages, conversations } = this.#store;
    const seq = seqOf(id);
    await this.#store.transaction('rw', messages, conversations, async () => {
      const message = await messages.get([conversation, seq]);
      if (message) await messages.put({ ...message, ...changeOf(message) });
      const known = await conversations.get(conversation);
      if (known?.last?.seq !== seq) return;
      await conversations.update(conversation, { last: { ...known.last, ...changeOf(known.last) } });
    });
  }

  /** In one step, whatever of the store it is about. */
  #change(work: () => Promise<void>): Promise<void> {
    const { messages, conversations, outbox, positions, profiles } = this.#store;
    return this.#store.transaction('rw', [messages, conversations, outbox, positions, profiles], work);
  }

  async #moveTo(name: string, cursor: string): Promise<void> {
    await this.#store.positions.put({ name, cursor });
  }

  async #readWatched(messages: readonly Message[]): Promise<void> {
    const watched = this.#watched();
    if (watched && messages.some(({ conversation }) => conversation === watched)) await this.markRead(watched);
  }

  /** What was read from a history is newer than the entry as it was written: it has what changed since. */
  async #put(stored: StoredMessage): Promise<void> {
    const kept = await this.#store.messages.get([stored.conversation, stored.seq]);
    if (kept?.id !== stored.id || stored.action) await this.#store.messages.put(stored);
  }

  /** The inbox tells that one has left a channel, or that there is none any more: it stands in no log. */
  async #end(message: Message): Promise<void> {
    const { conversations, positions } = this.#store;
    const { conversation } = message;
    if (message.action === 'quit' && message.from === this.#uid && !message.by) {
      return this.#listing.forget(conversation);
    }
    if (!isApart(message) || !isEnd(message, this.#uid)) return;
    await positions.delete(`log ${conversation}`);
    // What was said stays, to be read.
    const last = toStored(message);
    await conversations.update(conversation, { unread: 0, mentions: 0, last, position: Date.parse(last.sentAt) });
  }

  /**
   * Of a channel the inbox has little, such as a mention or a new role: how it stands now the service knows. Where that can't be
   * asked, the list tells it later.
   */
  async #rereadAll(messages: readonly Message[]): Promise<void> {
    const found = new Set<string>();
    for (const message of messages) {
      const { conversation, action } = message;
      const known = await this.#store.conversations.get(conversation);
      if (isEnd(message, this.#uid)) found.delete(conversation);
      else if (action === 'join' || !known?.last || !isEnd(known.last, this.#uid)) found.add(conversation);
    }
    for (const conversation of found) {
      if (!this.#listing.followed.has(conversation)) await this.#listing.freshen(conversation).catch(() => {});
    }
  }

  /** What was erased counts no more. */
  async #erase({ conversation, target = '', from, sentAt }: Message): Promise<void> {
    const { messages, conversations } = this.#store;
    const message = await messages.get([conversation, seqOf(target)]);
    // An inbox says of what is gone not whose it was.
    const author = message?.from ?? from;
    const by = author === from ? {} : { by: from! };
    const gone = { action: 'gone', fields: {}, erasedAt: sentAt, from: author!, ...by };
    await this.change(conversation, target, () => gone);
    const known = await conversations.get(conversation);
    if (!message || !known || !this.#isUnread(message) || message.seq <= seqOf(known.readUpTo ?? '-0')) return;
    await conversations.update(conversation, {
      unread: Math.max(0, known.unread - 1),
      mentions: Math.max(0, (known.mentions ?? 0) - (this.#mentionsMe(message) ? 1 : 0)),
    });
  }

  #isUnread(message: StoredMessage): boolean {
    return isSaid(message) && message.from !== this.#uid;
  }

  #mentionsMe({ mentions = [] }: StoredMessage): boolean {
    return mentions.includes(this.#uid) || mentions.includes('*');
  }
}
