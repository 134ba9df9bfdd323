import type { Channels } from './channels.ts';
import type { Store } from './db.ts';
import type { Histories } from './histories.ts';
import { newId } from './ids.ts';
import type { Receipts } from './receipts.ts';

/** What no entry tells of is read anew this often while somebody looks, ms; and while nobody does. */
const LOOK_EVERY_MS = 15_000;
const LOOK_HIDDEN_EVERY_MS = 120_000;
/** A conversation that can't be asked about is shown as it is kept after this time, ms. */
const CATCH_UP_MS = 5_000;

/** What tabs tell each other of what is open. */
export type ToldOfOpen =
  /** The conversation that a tab shows now. */
  | { about: 'open'; tab: string; conversation: string | undefined }
  /** Somebody looks: what no entry tells of is to be read anew. */
  | { about: 'look' }
  /** Another tab leads now. */
  | { about: 'leads' }
  /** A conversation may have become a channel, or one is in it again. */
  | { about: 'changed'; conversation: string };

interface Parts {
  store: Store;
  channels: Channels;
  histories: Histories;
  receipts: Receipts;
}

/**
 * The conversation that is open in this tab, and those that are in others: of those, what no entry of the inbox tells is read when
 * they are opened, whenever something may have been missed, and every few seconds.
 */
export class OpenChats {
  readonly #parts: Parts;
  readonly #tell: (told: ToldOfOpen) => void;
  readonly #leads: () => boolean;
  readonly #tab = newId();
  #open: string | undefined;
  /** What is open in which tab, as far as this one has heard; the last one opened is the last. */
  readonly #openIn = new Map<string, string>();
  readonly #catchingUp = new Map<string, Promise<boolean>>();
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  #lookedAt = Date.now();
  #isClosed = false;

  /** @param tell tells all tabs, this one too @param leads whether this tab follows for all */
  constructor(parts: Parts, tell: (told: ToldOfOpen) => void, leads: () => boolean) {
    this.#parts = parts;
    this.#tell = tell;
    this.#leads = leads;
    document.addEventListener('visibilitychange', this.#seen);
    addEventListener('pagehide', this.#hidden);
  }

  close(): void {
    this.#hidden();
    this.#isClosed = true;
    this.#parts.channels.follow([]);
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#seen);
    removeEventListener('pagehide', this.#hidden);
  }

  /** A conversation is open in this tab. @returns what ends that */
  open(conversation: string): () => void {
    this.#open = conversation;
    this.reload();
    return () => {
      if (this.#open !== conversation) return;
      this.#open = undefined;
      this.#tellOpen();
    };
  }

  /**
   * Brings what is kept of a conversation up to now, as far as the inbox does not. Without a line what is kept is what there is.
   *
   * @returns whether it is a channel
   */
  async catchUp(conversation: string): Promise<boolean> {
    const { channels, store } = this.#parts;
    const work = this.#catchingUp.get(conversation) ?? channels.catchUp(conversation);
    this.#catchingUp.set(conversation, work);
    const late = new Promise<void>((resolve) => setTimeout(resolve, CATCH_UP_MS));
    await Promise.race([work, late]).catch(() => {});
    this.#catchingUp.delete(conversation);
    return (await store.profiles.get(conversation))?.kind === 'channel';
  }

  /** Something may have been missed of what is open. */
  reload(): void {
    this.#quietly(this.#reload());
  }

  async #reload(): Promise<void> {
    const conversation = this.#open;
    if (conversation === undefined) return;
    const isChannel = await this.catchUp(conversation);
    if (this.#open !== conversation) return;
    this.#tellOpen();
    if (!isChannel) await this.#parts.receipts.load(conversation);
    await this.#reloadNewest(conversation);
  }

  heard(told: ToldOfOpen): void {
    if (told.about === 'changed') {
      if (told.conversation === this.#open) this.reload();
    } else if (told.about === 'leads') this.#tellOpen();
    else if (told.about === 'look') {
      // Without a line the list is read anew once it is back.
      if (this.#leads()) void this.#parts.channels.look().catch(() => {});
    } else if (told.tab === this.#tab || navigator.locks) {
      // (Where every tab follows for itself, it follows what is open in itself.)
      this.#openIn.delete(told.tab);
      if (told.conversation !== undefined) this.#openIn.set(told.tab, told.conversation);
      if (this.#leads()) this.#quietly(this.#follow());
    }
  }

  #tellOpen(): void {
    this.#tell({ about: 'open', tab: this.#tab, conversation: this.#open });
  }

  /** Follows the channels that are open. */
  async #follow(): Promise<void> {
    const open = [...new Set([...this.#openIn.values()].reverse())].reverse();
    const known = await this.#parts.store.profiles.bulkGet(open);
    const channels = open.filter((_, i) => known[i]?.kind === 'channel');
    if (!this.#isClosed) this.#parts.channels.follow(channels);
  }

  #look(): void {
    const isHidden = document.visibilityState === 'hidden';
    if (isHidden && Date.now() - this.#lookedAt < LOOK_HIDDEN_EVERY_MS) return;
    this.#lookedAt = Date.now();
    this.#tell({ about: 'look' });
    if (!isHidden) this.#quietly(this.#refresh());
  }

  /** Of a channel nobody is told of reactions; and where many are open in windows side by side, not all are followed. */
  async #refresh(): Promise<void> {
    const conversation = this.#open;
    if (conversation === undefined) return;
    const { kind } = (await this.#parts.store.profiles.get(conversation)) ?? {};
    if (kind !== 'channel') return;
    await this.catchUp(conversation);
    await this.#reloadNewest(conversation);
  }

  async #reloadNewest(conversation: string): Promise<void> {
    await this.#parts.histories.reloadNewest(conversation).catch(() => {
      // No line: what is kept is shown; once it is back it is read again.
    });
  }

  /** Who logs out takes the store away from under it. */
  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#isClosed) throw error;
    });
  }

  readonly #seen = () => {
    if (document.visibilityState === 'hidden') return;
    // What is looked at is followed before what is not.
    this.#tellOpen();
    this.#look();
  };

  readonly #hidden = () => {
    if (!this.#isClosed) this.#tell({ about: 'open', tab: this.#tab, conversation: undefined });
  };
}
