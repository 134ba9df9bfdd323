import type { Api, ApiError } from '../api/client.ts';
import type { Store, StoredConversation } from './db.ts';

const ME = { uid: 'me' };
/** What the service takes for ever. */
const FOR_EVER = '9999-12-31T23:59:59.000Z';

type Settings = Partial<Pick<StoredConversation, 'mutedUntil' | 'pinned' | 'archived' | 'markedUnread'>>;

/** Whether the reader wants to hear nothing of a conversation now. */
export function isMuted({ mutedUntil }: Pick<StoredConversation, 'mutedUntil'>): boolean {
  return mutedUntil !== undefined && Date.parse(mutedUntil) > Date.now();
}

/**
 * The reader's own settings of conversations: in the store at once, and back as they were if the service refuses.
 * @throws ApiError
 */
export class Conversations {
  readonly #store: Store;
  readonly #api: Api;

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  /** Until a time, ISO 8601; for ever if there is none; null ends it. */
  mute(conversation: string, until: string | null = FOR_EVER): Promise<void> {
    return this.#set(conversation, { mutedUntil: until ?? new Date(0).toISOString() });
  }

  pin(conversation: string, pinned: boolean): Promise<void> {
    return this.#set(conversation, { pinned });
  }

  archive(conversation: string, archived: boolean): Promise<void> {
    return this.#set(conversation, { archived });
  }

  markUnread(conversation: string, markedUnread: boolean): Promise<void> {
    return this.#set(conversation, { markedUnread });
  }

  /** Takes it out of the list with its history up to now, until the next message. */
  async hide(conversation: string): Promise<void> {
    await this.#api
      .DELETE('/v1/users/{uid}/conversations/{conversation}', { params: { path: { ...ME, conversation } } })
      .catch((error: ApiError) => {
        // Of a group that one is no member of only this browser has something.
        if (error.status !== 404 && error.status !== 403) throw error;
      });
    const { messages, conversations } = this.#store;
    await this.#store.transaction('rw', messages, conversations, async () => {
      await conversations.delete(conversation);
      await messages.where('[conversation+seq]').between([conversation, 0], [conversation, Infinity]).delete();
    });
  }

  async #set(conversation: string, settings: Settings): Promise<void> {
    const { conversations } = this.#store;
    const before = await conversations.get(conversation);
    if (!before) return;
    await conversations.update(conversation, settings);
    try {
      await this.#api.PATCH('/v1/users/{uid}/conversations/{conversation}', {
        params: { path: { ...ME, conversation } },
        body: settings,
      });
    } catch (error) {
      const { mutedUntil, pinned, archived, markedUnread } = before;
      await conversations.update(conversation, { mutedUntil, pinned, archived, markedUnread } as Settings);
      throw error;
    }
  }
}
