import type { Connection, Message, Signal } from '@redisim/client';
import { Dexie } from 'dexie';
import { type Api, ApiError, createApi, type Session } from '../api/client.ts';
import { Changes } from './changes.ts';
import { Channels } from './channels.ts';
import { Composition } from './composition.svelte.ts';
import { Conversations } from './conversations.ts';
import { Store } from './db.ts';
import { Files } from './files.svelte.ts';
import { Histories } from './histories.ts';
import { Inbox } from './inbox.ts';
import { Listing } from './listing.ts';
import { Notices } from './notices.svelte.ts';
import { OpenChats, type ToldOfOpen } from './open-chats.ts';
import { sendOutbox } from './outbox.ts';
import { Presence, type PresenceState } from './presence.svelte.ts';
import { Profiles } from './profiles.ts';
import { Push } from './push.ts';
import { Receipts } from './receipts.ts';
import { Signals } from './signals.ts';
import { Typing } from './typing.svelte.ts';

/** What the tab that follows the inbox tells the others; `ask` is what a new one asks it for. */
type Told =
  | ToldOfOpen
  | { about: 'ask' }
  | { about: 'stale' }
  | { about: 'connection'; connection: Connection }
  | { about: 'typing'; conversation: string; uid: string; isTyping: boolean }
  | { about: 'presence'; states: PresenceState[]; watched?: string[] };

/**
 * Everything behind the page for one user. Of all tabs of this user one follows the inbox and sends, the others show the
 * same store: browsers open six connections to a host at most, and a stream in each tab would use them up.
 */
export class Chat {
  readonly uid: string;
  readonly api: Api;
  readonly store: Store;
  readonly inbox: Inbox;
  readonly listing: Listing;
  readonly histories: Histories;
  readonly channels: Channels;
  readonly conversations: Conversations;
  readonly changes: Changes;
  readonly files: Files;
  readonly profiles: Profiles;
  readonly receipts: Receipts;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly push: Push;
  readonly notices: Notices;
  readonly openChats: OpenChats;
  /** How the line to the service is, in whichever tab holds it. */
  connection = $state<Connection>('connecting');
  /** The conversation that is open in this tab with its newest message in sight. */
  watched: string | undefined;
  readonly #tabs: BroadcastChannel;
  readonly #signals: Signals;
  readonly #compositions = new Map<string, Composition>();
  readonly #ending = new AbortController();
  #leads = false;
  #watchedUids: string[] = [];
  readonly #refused: (error: ApiError) => void;

  /** `refused` is called when the service takes this session no more. */
  constructor({ uid, token }: Session, refused: (error: ApiError) => void) {
    this.#refused = refused;
    this.uid = uid;
    this.api = createApi(token);
    this.store = new Store(uid);
    this.histories = new Histories(this.store, this.api);
    this.files = new Files(token);
    this.profiles = new Profiles(this.store, this.api);
    this.listing = new Listing(this.store, this.api, this.histories, uid);
    this.inbox = new Inbox(this.store, this, uid, () => this.watched);
    this.channels = new Channels(this.store, this.api, this, uid, (messages) => this.#notify(messages));
    this.conversations = new Conversations(this.store, this.api);
    this.changes = new Changes(this.store, this.api);
    this.receipts = new Receipts(this.store, this.api);
    this.typing = new Typing(this.api, uid);
    this.presence = new Presence(this.store, this.api, () => this.connection === 'live');
    this.push = new Push(this.api, token);
    this.notices = new Notices(this.store, uid, this.push);
    this.#signals = new Signals(this.store, this, uid);
    this.openChats = new OpenChats(
      this,
      (told) => this.#tell(told),
      () => this.#leads,
    );
    this.#tabs = new BroadcastChannel(`redisim ${uid}`);
    this.#tabs.onmessage = ({ data }: MessageEvent<Told>) => this.#heard(data);
    this.#tabs.postMessage({ about: 'ask' } satisfies Told);
    void this.#lead();
  }

  /** What is being written in a conversation. */
  compositionIn(conversation: string): Composition {
    const composition = this.#compositions.get(conversation) ?? new Composition(conversation, this);
    this.#compositions.set(conversation, composition);
    return composition;
  }

  /** Ends all that goes on in the background. */
  close(): void {
    for (const composition of this.#compositions.values()) composition.close();
    this.files.close();
    this.openChats.close();
    this.#ending.abort();
    this.presence.close();
    this.notices.close();
    this.#tabs.close();
  }

  /** Ends it, and removes what this browser keeps of the user. */
  async forget(): Promise<void> {
    this.close();
    this.files.forget();
    this.store.close();
    await Promise.all([Dexie.delete(this.store.name), this.push.forget()]);
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
    this.#tell({ about: 'leads' });
    void this.push.begin();
    const stopSending = sendOutbox(this.store, this.api, this.inbox);
    try {
      await this.#followInbox(() => this.presence.toWatch()).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.code !== 'presence_off') throw error;
        return this.#followInbox(async () => []);
      });
    } catch (error) {
      this.#refused(error as ApiError);
    } finally {
      stopSending();
    }
  }

  async #followInbox(toWatch: () => Promise<string[]>): Promise<void> {
    const { inbox } = this;
    await this.api.follow({
      start: (await inbox.position()) ?? '$',
      signal: this.#ending.signal,
      watch: async () => {
        this.#watchedUids = await toWatch();
        return this.#watchedUids;
      },
      onReady: async (cursor) => {
        await inbox.opened(cursor);
        this.#tell({ about: 'presence', states: [], watched: this.#watchedUids });
      },
      onMessages: async (messages, cursor) => {
        await inbox.take(messages, cursor);
        this.#haveSpoken(messages);
        for (const { action, conversation } of messages) {
          if (action === 'update' || action === 'join') this.#tell({ about: 'changed', conversation });
        }
        // Of a channel that is followed its log tells.
        this.#notify(messages.filter(({ conversation }) => !this.listing.followed.has(conversation)));
      },
      onGap: (_gap, cursor) => inbox.startOver(cursor),
      onSignal: (signal) => this.#signalled(signal),
      onStale: async () => {
        await this.listing.relist();
        this.#tell({ about: 'stale' });
      },
      onConnection: (connection) => this.#tell({ about: 'connection', connection }),
      onError: (error) => {
        // Where the line is down it is tried again; and who logs out takes the store away from under it. There is nothing to mend.
        if (!(error instanceof ApiError) && !this.#ending.signal.aborted) console.error(error);
      },
    });
  }

  async #signalled(signal: Signal): Promise<void> {
    if (signal.event === 'typing') this.#tell({ about: 'typing', isTyping: true, ...signal.data });
    else if (signal.event === 'presence') this.#tell({ about: 'presence', states: [signal.data] });
    else await this.#signals.take(signal);
  }

  /** Who has said something types no more. */
  #haveSpoken(messages: readonly Message[]): void {
    for (const { conversation, from: uid } of messages) {
      if (uid && this.typing.in(conversation).includes(uid)) {
        this.#tell({ about: 'typing', conversation, uid, isTyping: false });
      }
    }
  }

  /** Tells all tabs, this one too. */
  #tell(told: Told): void {
    this.#heard(told);
    if (!this.#ending.signal.aborted) this.#tabs.postMessage(told);
  }

  #heard(told: Told): void {
    if (told.about === 'ask') {
      if (!this.#leads) return;
      this.#tabs.postMessage({ about: 'connection', connection: this.connection } satisfies Told);
      const { states } = this.presence;
      this.#tabs.postMessage({ about: 'presence', states, watched: this.#watchedUids } satisfies Told);
    } else if (told.about === 'stale') {
      void this.presence.reload();
      this.openChats.reload();
    } else if (told.about === 'connection') this.connection = told.connection;
    else if (told.about === 'typing') {
      if (told.isTyping) this.typing.began(told.conversation, told.uid);
      else this.typing.ended(told.conversation, told.uid);
    } else if (told.about === 'presence') {
      if (told.watched) this.presence.watches(told.watched);
      for (const state of told.states) this.presence.told(state);
    } else this.openChats.heard(told);
  }

  #notify(messages: readonly Message[]): void {
    this.notices.arrived(messages).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) console.error(error);
    });
  }
}
