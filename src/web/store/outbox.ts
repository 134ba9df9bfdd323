import type { Outgoing as ClientOutgoing, OutboxStorage, OutgoingChange } from '@redisim/client';
import { liveQuery } from 'dexie';
import type { Api } from '../api/client.ts';
import type { Outgoing, Store } from './db.ts';
import { newId } from './ids.ts';
import type { Inbox } from './inbox.ts';

/** Puts a message into the outbox. It is shown at once, and sent when that is possible. */
export async function write(
  store: Store,
  message: Pick<Outgoing, 'conversation' | 'text' | 'replyTo' | 'mentions' | 'attachments'>,
): Promise<void> {
  await store.outbox.add({ ...message, clientMessageId: newId(), writtenAt: Date.now() });
}

/** Lets a refused message be sent again: with the same id, so that it can't be doubled. */
export async function tryAgain(store: Store, { clientMessageId }: Outgoing): Promise<void> {
  await new StoredOutbox(store).update(clientMessageId, { refusal: undefined });
}

/** Sends what any tab puts into the outbox of the store. @returns what stops it */
export function sendOutbox(store: Store, api: Api, inbox: Inbox): () => void {
  const outbox = api.outbox({
    storage: new StoredOutbox(store),
    // Shown as sent without a blink: it goes from here to there in one step.
    onSent: (message) => inbox.keep(message),
  });
  outbox.start();
  let known = '';
  const subscription = liveQuery(() => waiting(store)).subscribe((ids) => {
    const now = ids.join();
    if (now !== known) outbox.look();
    known = now;
  });
  return () => {
    subscription.unsubscribe();
    outbox.stop();
  };
}

async function waiting(store: Store): Promise<string[]> {
  const messages = await store.outbox.filter(({ refusal }) => refusal === undefined).toArray();
  return messages.map(({ clientMessageId }) => clientMessageId);
}

/** The outbox of the store as the client wants it: what is written in the page is a text, and files of which more is known. */
class StoredOutbox implements OutboxStorage {
  readonly #outbox: Store['outbox'];

  constructor({ outbox }: Store) {
    this.#outbox = outbox;
  }

  async list(): Promise<ClientOutgoing[]> {
    const messages = await this.#outbox.orderBy('writtenAt').toArray();
    return messages.map(({ text, attachments, refusal, refusalDetail = '', ...rest }) => ({
      ...rest,
      ...(text === '' ? {} : { fields: { text } }),
      ...(attachments ? { attachments: attachments.map(({ file, name }) => ({ file, name })) } : {}),
      ...(refusal === undefined ? {} : { refusal: { code: refusal, detail: refusalDetail } }),
    }));
  }

  /** The page writes into the store itself: `write`. */
  async add(): Promise<void> {
    throw new Error('Not here: call write().');
  }

  async update(clientMessageId: string, change: OutgoingChange): Promise<boolean> {
    const count = await this.#outbox
      .where('clientMessageId')
      .equals(clientMessageId)
      .modify((message) => {
        if ('triedAt' in change) message.triedAt = change.triedAt;
        if ('refusal' in change) {
          message.refusal = change.refusal?.code;
          message.refusalDetail = change.refusal?.detail;
        }
      });
    return count > 0;
  }

  async remove(clientMessageId: string): Promise<void> {
    await this.#outbox.delete(clientMessageId);
  }
}
