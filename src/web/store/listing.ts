import { type Api, ApiError, all, type Conversation } from '../api/client.ts';
import { isEnd, type Store, type StoredConversation, seqOf, toStoredConversation } from './db.ts';
import type { Histories } from './histories.ts';

const ME = { uid: 'me' };

/** The conversations as the service has them, and how far they are read. */
export class Listing {
  readonly #store: Store;
  readonly #api: Api;
  readonly #histories: Histories;
  readonly #uid: string;
  /** Channels whose log is followed: it tells of them, and later than a list does. */
  readonly followed = new Set<string>();

  constructor(store: Store, api: Api, histories: Histories, uid: string) {
    this.#store = store;
    this.#api = api;
    this.#histories = histories;
    this.#uid = uid;
  }

  /** All of them. */
  async all(): Promise<Conversation[]> {
    return all((after) => this.page(after));
  }

  /** Some of them, the one with the newest entry first. */
  page(after?: string): Promise<{ items: Conversation[]; next?: string }> {
    return this.#api.GET('/v1/users/{uid}/conversations', {
      params: { path: ME, query: { limit: 100, ...(after ? { after } : {}) } },
    });
  }

  /**
   * All of them anew: signals that tell of them may have been missed, but no message. What was read here and could not be told
   * stays read, and is told now.
   */
  async relist(): Promise<void> {
    await this.#put(await this.all(), (listed) => this.replace(listed));
  }

  /** Some of them as they are now, which no inbox tells; the others stay. */
  async renew(listed: readonly Conversation[]): Promise<void> {
    const { conversations } = this.#store;
    await this.#put(listed, (merged) =>
      this.#store.transaction('rw', conversations, async () => {
        for (const one of merged) if (!(await this.#isBehind(one))) await conversations.put(toStoredConversation(one));
      }),
    );
  }

  /** A conversation as the service has it. @throws ApiError */
  async freshen(conversation: string): Promise<void> {
    const params = { path: { ...ME, conversation } };
    const found = await this.#api.GET('/v1/users/{uid}/conversations/{conversation}', { params });
    const { conversations } = this.#store;
    await this.#store.transaction('rw', conversations, async () => {
      if (!(await this.#isBehind(found))) await conversations.put(toStoredConversation(found));
    });
  }

  /** The same, without a trace where the user has it no more. @throws ApiError */
  async reread(conversation: string): Promise<void> {
    try {
      await this.freshen(conversation);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'conversation_not_found') throw error;
      await this.forget(conversation);
    }
  }

  /** Removes what is kept of a conversation. */
  async forget(conversation: string): Promise<void> {
    const { conversations, messages, positions } = this.#store;
    await this.#store.transaction('rw', conversations, messages, positions, async () => {
      await Promise.all([
        conversations.delete(conversation),
        this.#histories.kept(conversation).delete(),
        positions.delete(`log ${conversation}`),
      ]);
    });
  }

  async replace(listed: readonly Conversation[]): Promise<void> {
    const { conversations } = this.#store;
    await this.#store.transaction('rw', conversations, async () => {
      // What can be read no more the service does not list; what was kept of it stays.
      const kept = await this.ended();
      for (const one of listed) {
        const newer = (await this.#isBehind(one)) && (await conversations.get(one.conversation));
        kept.push(newer || toStoredConversation(one));
      }
      await conversations.clear();
      await conversations.bulkPut(kept);
    });
  }

  /** The conversations that can be read no more. */
  ended(): Promise<StoredConversation[]> {
    return this.#store.conversations.filter(({ last }) => last !== undefined && isEnd(last, this.#uid)).toArray();
  }

  async tellRead(conversation: string, upTo: string): Promise<void> {
    await this.#api
      .PUT('/v1/users/{uid}/conversations/{conversation}/read', {
        params: { path: { ...ME, conversation } },
        body: { upTo },
      })
      .catch(() => {
        // Told when the line is back.
      });
  }

  /** What was read here and could not be told stays read, and is told now. */
  async #put(listed: readonly Conversation[], put: (merged: Conversation[]) => Promise<void>): Promise<void> {
    const known = new Map((await this.#store.conversations.toArray()).map((one) => [one.conversation, one]));
    const isAhead = ({ conversation, readUpTo = '-0' }: Conversation) =>
      seqOf(known.get(conversation)?.readUpTo ?? '-0') > seqOf(readUpTo);
    await put(
      listed.map((one) => {
        if (!isAhead(one)) return one;
        const { unread, mentions = 0, readUpTo } = known.get(one.conversation)!;
        return { ...one, unread, mentions, ...(readUpTo ? { readUpTo } : {}) };
      }),
    );
    for (const { conversation } of listed.filter(isAhead)) {
      await this.tellRead(conversation, known.get(conversation)!.readUpTo!);
    }
  }

  /** Whether the log of a channel has told of more since the service was asked. */
  async #isBehind({ conversation, last }: Conversation): Promise<boolean> {
    if (!this.followed.has(conversation)) return false;
    const known = await this.#store.conversations.get(conversation);
    return known?.last !== undefined && known.last.seq > seqOf(last?.id ?? '-0');
  }
}
