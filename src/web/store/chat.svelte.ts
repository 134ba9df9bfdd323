import type { Connection } from '@redisim/client';
import { Dexie } from 'dexie';
import { type Api, ApiError, createApi, type Session } from '../api/client.ts';
import { Changes } from './changes.ts';
import { Conversations } from './conversations.ts';
import { Store } from './db.ts';
import { Inbox } from './inbox.ts';
import { sendOutbox } from './outbox.ts';
import { Profiles } from './profiles.ts';

/**
 * Everything behind the page for one user. Of all tabs of this user one follows the inbox and sends, the others show the
 * same store: browsers open six connections to a host at most, and a stream in each tab would use them up.
 */
export class Chat {
  readonly uid: string;
  readonly api: Api;
  readonly store: Store;
  readonly inbox: Inbox;
  readonly conversations: Conversations;
  readonly changes: Changes;
  readonly profiles: Profiles;
  /** How the line to the service is, in whichever tab holds it. */
  connection = $state<Connection>('connecting');
  /** The conversation that is open in this tab with its newest message in sight. */
  watched: string | undefined;
  readonly #channel: BroadcastChannel;
  readonly #ending = new AbortController();
  #leads = false;

  readonly #refused: (error: ApiError) => void;

  /** `refused` is called when the service takes this session no more. */
  constructor({ uid, token }: Session, refused: (error: ApiError) => void) {
    this.#refused = refused;
    this.uid = uid;
    this.api = createApi(token);
    this.store = new Store(uid);
    this.inbox = new Inbox(this.store, this.api, uid, () => this.watched);
    this.conversations = new Conversations(this.store, this.api);
    this.changes = new Changes(this.store, this.api);
    this.profiles = new Profiles(this.store, this.api);
    this.#channel = new BroadcastChannel(`redisim ${uid}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Connection | 'ask'>) => {
      if (data !== 'ask') this.connection = data;
      else if (this.#leads) this.#channel.postMessage(this.connection);
    };
    this.#channel.postMessage('ask');
    void this.#lead();
  }

  /** Ends all that goes on in the background. */
  close(): void {
    this.#ending.abort();
    this.#channel.close();
  }

  /** Ends it, and removes what this browser keeps of the user. */
  async forget(): Promise<void> {
    this.close();
    this.store.close();
    await Dexie.delete(this.store.name);
  }

  async #lead(): Promise<void> {
    const { signal } = this.#ending;
    // Only a page of https or of this machine has locks; elsewhere every tab follows for itself.
    if (!navigator.locks) return this.#follow();
    await navigator.locks.request(`redisim ${this.uid}`, { signal }, () => this.#follow()).catch(() => {});
  }

  /** Follows and sends until the page is left or the user logs out. */
  async #follow(): Promise<void> {
    this.#leads = true;
    const stopSending = sendOutbox(this.store, this.api, this.inbox);
    const { inbox } = this;
    try {
      await this.api.follow({
        start: (await inbox.position()) ?? '$',
        signal: this.#ending.signal,
        onReady: (cursor) => inbox.opened(cursor),
        onMessages: (messages, cursor) => inbox.take(messages, cursor),
        onGap: (_gap, cursor) => inbox.startOver(cursor),
        onConnection: (connection) => {
          this.connection = connection;
          this.#channel.postMessage(connection);
        },
        onError: (error) => {
          // Where the line is down it is tried again; there is nothing to mend.
          if (!(error instanceof ApiError)) console.error(error);
        },
      });
    } catch (error) {
      this.#refused(error as ApiError);
    } finally {
      stopSending();
    }
  }
}
