import { type Api, all } from '../api/client.ts';
import { type Store, type StoredMessage, seqOf, toStored, toStoredPage } from './db.ts';

const ME = { uid: 'me' };

/** Reads what was said before into the store. What is kept of a conversation has no holes, from its first message on. */
export class Histories {
  readonly #store: Store;
  readonly #api: Api;

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  /** What is kept of a conversation, from one number to another. */
  kept(conversation: string, upTo = Infinity, from = 0) {
    return this.#store.messages
      .where('[conversation+seq]')
      .between([conversation, from], [conversation, upTo], true, true);
  }

  /** A page of older messages, the oldest of which is then the first. @returns whether there may be more @throws ApiError */
  async loadOlder(conversation: string): Promise<boolean> {
    const oldest = await this.kept(conversation).first();
    const { items, next } = await this.#page(conversation, oldest ? { before: oldest.id } : {});
    await this.#store.messages.bulkPut(toStoredPage(items));
    return next !== undefined;
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

  /** The newest messages anew, those that are kept: no entry tells who else has reacted meanwhile. @throws ApiError */
  async reloadNewest(conversation: string): Promise<void> {
    if ((await this.kept(conversation).count()) === 0) return;
    const { items } = await this.#page(conversation);
    const { messages } = this.#store;
    await this.#store.transaction('rw', messages, async () => {
      // What is newer the inbox tells, or the log.
      for (const stored of items.map(toStored)) {
        if (await messages.get([conversation, stored.seq])) await messages.put(stored);
      }
    });
  }

  /**
   * From the first hole in what is kept to the newest message there is, so that the history shown has none. What was sent
   * from here lies behind a hole if others wrote before it and nothing has told of that yet. @throws ApiError
   */
  async backfill(conversation: string): Promise<void> {
    const keys = (await this.kept(conversation).primaryKeys()) as unknown as [string, number][];
    const beforeHole = keys.find(([, seq], i) => keys[i + 1]?.[1] !== seq + 1);
    if (!beforeHole) return;
    const { id } = (await this.#store.messages.get(beforeHole))!;
    const missed = await all((after) => this.#page(conversation, { after: after ?? id }));
    await this.#store.messages.bulkPut(toStoredPage(missed, beforeHole[1]));
  }

  /** The newest page in place of all that is kept. @throws ApiError */
  async beginAnew(conversation: string): Promise<void> {
    const { items } = await this.#page(conversation);
    const { messages } = this.#store;
    await this.#store.transaction('rw', messages, async () => {
      await this.kept(conversation).delete();
      await messages.bulkPut(toStoredPage(items));
    });
  }

  #page(conversation: string, range: { before?: string; after?: string } = {}) {
    return this.#api.GET('/v1/users/{uid}/conversations/{conversation}/messages', {
      params: { path: { ...ME, conversation }, query: { limit: 100, ...range } },
    });
  }
}
