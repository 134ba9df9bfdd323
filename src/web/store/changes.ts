import type { Api } from '../api/client.ts';
import type { Store, StoredMessage } from './db.ts';

/** What one does to a message that was sent before: told to the service, then to the store. @throws ApiError */
export class Changes {
  readonly #store: Store;
  readonly #api: Api;

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  async edit(message: StoredMessage, text: string): Promise<void> {
    const { fields, editedAt } = await this.#api.PATCH('/v1/users/{uid}/conversations/{conversation}/messages/{mid}', {
      params: { path: path(message) },
      body: { fields: { text } },
    });
    await this.#put(message, { fields, ...(editedAt ? { editedAt } : {}) });
  }

  /** For everybody. What the inbox tells of it then changes the store. */
  async erase(message: StoredMessage): Promise<void> {
    await this.#api.DELETE('/v1/users/{uid}/conversations/{conversation}/messages/{mid}', {
      params: { path: path(message) },
    });
  }

  /** Reacts, or takes the reaction back where there is one of the reader's. */
  async toggle(message: StoredMessage, reaction: string): Promise<void> {
    const params = { path: { ...path(message), reaction } };
    const known = message.reactions ?? [];
    const own = known.find((one) => one.reaction === reaction && one.mine);
    if (!own) {
      const { reactions } = await this.#api.PUT(
        '/v1/users/{uid}/conversations/{conversation}/messages/{mid}/reactions/{reaction}',
        { params },
      );
      return this.#put(message, { reactions });
    }
    await this.#api.DELETE('/v1/users/{uid}/conversations/{conversation}/messages/{mid}/reactions/{reaction}', {
      params,
    });
    const others = known.map((one) => (one === own ? { ...one, mine: false, count: one.count - 1 } : one));
    await this.#put(message, { reactions: others.filter(({ count }) => count > 0) });
  }

  async #put({ conversation, seq }: StoredMessage, change: Partial<StoredMessage>): Promise<void> {
    await this.#store.messages.update([conversation, seq], change);
  }
}

function path({ conversation, id }: StoredMessage) {
  return { uid: 'me', conversation, mid: id };
}
