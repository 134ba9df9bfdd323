import { type Api, ApiError, all, type Conversation, type Message } from '../api/client.ts';
import {
  isChange,
  isEnd,
  isSaid,
  type Store,
  type StoredConversation,
  type StoredMessage,
  seqOf,
  toStored,
  toStoredConversation,
  toStoredPage,
} from './db.ts';

const ME = { uid: 'me' };

/** Writes what the inbox tells into the store. Everything may be told twice: nothing is counted twice. */
export class Inbox {
  readonly #store: Store;
  readonly #api: Api;
  readonly #uid: string;
  /** The conversation that the person is looking at: what comes there is read. */
  readonly #watched: () => string | undefined;

  constructor(store: Store, api: Api, uid: string, watched: () => string | undefined) {
    this.#store = store;
    this.#api = api;
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
    await this.moveTo(cursor);
  }

  async moveTo(cursor: string): Promise<void> {
    await this.#store.positions.put({ name: 'inbox', cursor });
  }

  /** Messages of the inbox, in order, and the cursor behind the last one: kept together, or not at all. */
  async take(messages: readonly Message[], cursor: string): Promise<void> {
    const store = this.#store;
    await store.transaction('rw', [store.messages, store.conversations, store.outbox, store.positions], async () => {
      for (const message of messages) await this.keep(message);
      await this.moveTo(cursor);
    });
    const watched = this.#watched();
    if (watched && messages.some(({ conversation }) => conversation === watched)) await this.markRead(watched);
  }

  /** A message from wherever: of the inbox, or the answer to a send. */
  async keep(message: Message): Promise<void> {
    const store = this.#store;
    const stored = toStored(message);
    const { conversation, seq } = stored;
    await store.transaction('rw', [store.messages, store.conversations, store.outbox], async () => {
      if (message.clientMessageId && message.from === this.#uid) await store.outbox.delete(message.clientMessageId);
      if (message.action === 'quit' && message.from === this.#uid && !message.by) {
        // Who leaves wants to see it no more.
        await Promise.all([store.conversations.delete(conversation), this.#kept(conversation).delete()]);
        return;
      }
      // It is of no log: what it tells is with the message itself.
      if (message.action === 'react') return;
      // Who is let in again has missed what came meanwhile: it would be a hole in what was kept. (A list may have told of it
      // before, so that what the conversation's last message is says nothing.)
      const newest = await this.#kept(conversation).last();
      if (newest && seq > newest.seq && isEnd(newest, this.#uid)) await this.#kept(conversation).delete();
      const known = await store.conversations.get(conversation);
      if (known?.last && seq < known.last.seq && !isChange(message)) {
        await store.messages.put(stored);
        return;
      }
      await store.messages.put(stored);
      if (message.action === 'erase') await this.#erase(message);
      if (message.action === 'edit') {
        const { fields, sentAt } = message;
        await this.change(conversation, message.target ?? '', () => ({ fields, editedAt: sentAt }));
      }
      if (isChange(message)) return;
      // What is the last one already has been counted: here, or by the service when the conversations were listed.
      const counts = seq !== known?.last?.seq && this.#isUnread(stored);
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
   * what the service lost, and its numbers were given again. It is read anew.
   */
  async startOver(cursor: string): Promise<void> {
    const ended = await this.#ended();
    await this.#store.messages
      .filter(({ conversation }) => !ended.some((one) => one.conversation === conversation))
      .delete();
    await this.refresh();
    await this.moveTo(cursor);
  }

  /** The conversations as the service has them; what was missed is asked for where something is shown already. */
  async refresh(): Promise<void> {
    const conversations = await this.#listed();
    for (const { conversation } of conversations) await this.#backfill(conversation);
    await this.#replace(conversations);
  }

  /**
   * The conversations as the service has them: signals that tell of them may have been missed, but no message. What was read
   * here and could not be told stays read, and is told now.
   */
  async relist(): Promise<void> {
    const listed = await this.#listed();
    const known = new Map((await this.#store.conversations.toArray()).map((one) => [one.conversation, one]));
    const isAhead = ({ conversation, readUpTo = '-0' }: Conversation) =>
      seqOf(known.get(conversation)?.readUpTo ?? '-0') > seqOf(readUpTo);
    await this.#replace(
      listed.map((one) => {
        if (!isAhead(one)) return one;
        const { unread, mentions = 0, readUpTo } = known.get(one.conversation)!;
        return { ...one, unread, mentions, ...(readUpTo ? { readUpTo } : {}) };
      }),
    );
    for (const { conversation } of listed.filter(isAhead)) {
      await this.#tellRead(conversation, known.get(conversation)!.readUpTo!);
    }
  }

  /** A conversation as the service has it; without a trace where the user has it no more. */
  async reread(conversation: string): Promise<void> {
    const store = this.#store;
    try {
      const params = { path: { ...ME, conversation } };
      const found = await this.#api.GET('/v1/users/{uid}/conversations/{conversation}', { params });
      await store.conversations.put(toStoredConversation(found));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'conversation_not_found') throw error;
      await store.transaction('rw', store.conversations, store.messages, async () => {
        await Promise.all([store.conversations.delete(conversation), this.#kept(conversation).delete()]);
      });
    }
  }

  /** The newest messages of a conversation anew: no entry tells who else has reacted meanwhile. */
  async reloadNewest(conversation: string): Promise<void> {
    const newest = await this.#kept(conversation).last();
    if (!newest) return;
    const { items } = await this.#api.GET('/v1/users/{uid}/conversations/{conversation}/messages', {
      params: { path: { ...ME, conversation }, query: { limit: 100 } },
    });
    const { messages } = this.#store;
    await this.#store.transaction('rw', messages, async () => {
      // Only what is kept: what is newer the inbox tells.
      for (const stored of items.map(toStored)) {
        if (await messages.get([conversation, stored.seq])) await messages.put(stored);
      }
    });
  }

  /** A page of older messages, the oldest of which is then the first. @returns whether there may be more */
  async loadOlder(conversation: string): Promise<boolean> {
    const store = this.#store;
    const oldest = await this.#kept(conversation).first();
    const page = await this.#api.GET('/v1/users/{uid}/conversations/{conversation}/messages', {
      params: { path: { ...ME, conversation }, query: { limit: 100, ...(oldest ? { before: oldest.id } : {}) } },
    });
    await store.messages.bulkPut(toStoredPage(page.items));
    return page.next !== undefined;
  }

  /** A message of a conversation: what is kept, else from the service. @throws ApiError */
  async find(conversation: string, id: string): Promise<StoredMessage> {
    const kept = await this.#store.messages.get([conversation, seqOf(id)]);
    if (kept) return kept;
    return toStored(
      await this.#api.GET('/v1/users/{uid}/conversations/{conversation}/messages/{mid}', {
        params: { path: { ...ME, conversation, mid: id } },
      }),
    );
  }

  /** What is there is read, up to a message or all of it. */
  async markRead(conversation: string, upTo = Infinity): Promise<void> {
    const known = await this.#store.conversations.get(conversation);
    if (!known?.last || (known.unread === 0 && !known.markedUnread)) return;
    const last = upTo < known.last.seq ? await this.#kept(conversation, upTo).last() : known.last;
    if (!last || (!known.markedUnread && seqOf(last.id) <= seqOf(known.readUpTo ?? '-0'))) return;
    const after = this.#kept(conversation, Infinity, last.seq + 1);
    const left = last.seq < known.last.seq ? await after.filter((message) => this.#isUnread(message)).toArray() : [];
    await this.#store.conversations.update(conversation, {
      unread: left.length,
      mentions: left.filter((message) => this.#mentionsMe(message)).length,
      readUpTo: last.id,
      markedUnread: false,
    });
    await this.#tellRead(conversation, last.id);
  }

  /**
   * From the first hole in what is kept to the newest message there is, so that the history shown has none. What was sent
   * from here lies behind a hole if others wrote before it and the inbox has not told yet.
   */
  async #backfill(conversation: string): Promise<void> {
    const { messages } = this.#store;
    const keys = (await this.#kept(conversation).primaryKeys()) as unknown as [string, number][];
    const beforeHole = keys.find(([, seq], i) => keys[i + 1]?.[1] !== seq + 1);
    if (!beforeHole) return;
    const { id } = (await messages.get(beforeHole))!;
    const missed = await all((after) =>
      this.#api.GET('/v1/users/{uid}/conversations/{conversation}/messages', {
        params: { path: { ...ME, conversation }, query: { after: after ?? id, limit: 100 } },
      }),
    );
    await messages.bulkPut(toStoredPage(missed, beforeHole[1]));
  }

  #kept(conversation: string, upTo = Infinity, from = 0) {
    return this.#store.messages
      .where('[conversation+seq]')
      .between([conversation, from], [conversation, upTo], true, true);
  }

  /** The conversations that can be read no more. */
  #ended(): Promise<StoredConversation[]> {
    return this.#store.conversations.filter(({ last }) => last !== undefined && isEnd(last, this.#uid)).toArray();
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

  async #tellRead(conversation: string, upTo: string): Promise<void> {
    await this.#api
      .PUT('/v1/users/{uid}/conversations/{conversation}/read', {
        params: { path: { ...ME, conversation } },
        body: { upTo },
      })
      .catch(() => {
        // Told when the line is back.
      });
  }

  #listed(): Promise<Conversation[]> {
    return all((after) =>
      this.#api.GET('/v1/users/{uid}/conversations', {
        params: { path: ME, query: { limit: 100, ...(after ? { after } : {}) } },
      }),
    );
  }

  async #replace(conversations: readonly Conversation[]): Promise<void> {
    const store = this.#store;
    await store.transaction('rw', store.conversations, async () => {
      // What can be read no more the service does not list; what was kept of it stays.
      const ended = await this.#ended();
      await store.conversations.clear();
      await store.conversations.bulkPut(ended);
      await store.conversations.bulkPut(conversations.map(toStoredConversation));
    });
  }
}
