import { type Api, ApiError } from '../api/client.ts';
import { type Store, seqOf } from './db.ts';

/** How far the others have read, kept in the store. */
export class Receipts {
  readonly #store: Store;
  readonly #api: Api;

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  /** Reads those of a conversation anew; without a line what is kept holds. */
  async load(conversation: string): Promise<void> {
    const { receipts } = this.#store;
    try {
      const params = { path: { uid: 'me', conversation } };
      const { items } = await this.#api.GET('/v1/users/{uid}/conversations/{conversation}/receipts', { params });
      const known = items.flatMap(({ uid, readUpTo }) => (readUpTo ? { conversation, uid, readUpTo } : []));
      await this.#store.transaction('rw', receipts, async () => {
        await receipts.where({ conversation }).delete();
        await receipts.bulkPut(known);
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // There are none in a large group, nor where one is no member.
      if (!error.isTemporary) await receipts.where({ conversation }).delete();
    }
  }

  /** Somebody has read up to a message; a mark never goes back. */
  async told(conversation: string, uid: string, readUpTo: string): Promise<void> {
    const { receipts } = this.#store;
    await this.#store.transaction('rw', receipts, async () => {
      const known = await receipts.get([conversation, uid]);
      if (known && seqOf(known.readUpTo) >= seqOf(readUpTo)) return;
      await receipts.put({ conversation, uid, readUpTo });
    });
  }
}
