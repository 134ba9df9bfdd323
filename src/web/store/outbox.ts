import { liveQuery, type Subscription } from 'dexie';
import { type Api, ApiError, ask } from '../api/client.ts';
import type { Outgoing, Store } from './db.ts';
import { newId } from './ids.ts';
import type { Inbox } from './inbox.ts';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** Puts a message into the outbox. It is shown at once, and sent when that is possible. */
export async function write(store: Store, conversation: string, text: string): Promise<void> {
  await store.outbox.add({ clientMessageId: newId(), conversation, text, writtenAt: Date.now() });
}

/** Lets a refused message be sent again: with the same id, so that it can't be doubled. */
export async function tryAgain(store: Store, { clientMessageId }: Outgoing): Promise<void> {
  await store.outbox
    .where('clientMessageId')
    .equals(clientMessageId)
    .modify((message) => {
      delete message.refusal;
    });
}

/**
 * Sends what is in the outbox, one by one and in order. While there is no answer the same message is sent again with the
 * same clientMessageId: the service takes it once, however often it comes.
 */
export class Outbox {
  readonly #store: Store;
  readonly #api: Api;
  readonly #inbox: Inbox;
  #subscription: Subscription | undefined;
  #isSending = false;
  #isStopped = false;
  #retryMs = FIRST_RETRY_MS;
  #wake: () => void = () => {};

  constructor(store: Store, api: Api, inbox: Inbox) {
    this.#store = store;
    this.#api = api;
    this.#inbox = inbox;
  }

  start(): void {
    addEventListener('online', this.#now);
    this.#subscription = liveQuery(() => this.#next()).subscribe((message) => {
      if (message) void this.#send();
    });
  }

  stop(): void {
    this.#isStopped = true;
    removeEventListener('online', this.#now);
    this.#subscription?.unsubscribe();
    this.#wake();
  }

  readonly #now = () => {
    this.#retryMs = FIRST_RETRY_MS;
    this.#wake();
  };

  #next(): Promise<Outgoing | undefined> {
    return this.#store.outbox
      .orderBy('writtenAt')
      .filter(({ refusal }) => refusal === undefined)
      .first();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let next = await this.#next(); next && !this.#isStopped; next = await this.#next()) await this.#attempt(next);
    this.#isSending = false;
  }

  async #attempt({ clientMessageId, conversation, text }: Outgoing): Promise<void> {
    try {
      const message = await ask(
        this.#api.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
          params: { path: { uid: 'me', conversation } },
          body: { fields: { text }, clientMessageId },
        }),
      );
      // Shown as sent without a blink: it goes from here to there in one step.
      await this.#inbox.keep(message);
      await this.#store.outbox.delete(clientMessageId);
      this.#retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (error instanceof ApiError && !error.isTemporary) {
        await this.#store.outbox.update(clientMessageId, { refusal: error.code });
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, this.#retryMs);
      });
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    }
  }
}
