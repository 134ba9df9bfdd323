import { tick } from 'svelte';
import type { Chat } from '../store/chat.svelte.ts';
import { isSaid, type StoredMessage, seqOf } from '../store/db.ts';
import { live } from '../store/live.svelte.ts';

/** How many messages are shown at most, and how many more at a time. */
const MOST = 200;
const STEP = 40;
/** How many pages of a history are loaded to find a message, at most. */
const MOST_PAGES = 60;

/**
 * The part of a conversation that is shown: from one message to another one, or to the end whatever comes. It moves through
 * what is kept; older messages are asked for where nothing older is. To be made while a component is made.
 */
export class MessageWindow {
  readonly #chat: Chat;
  readonly #conversation: string;
  /** The numbers of the first and the last message. */
  #first = $state(Infinity);
  #last = $state(Infinity);
  isLoading = $state(false);
  /** The first message that was unread when the conversation was opened. */
  unreadFrom = $state<number>();
  #hasMore = true;
  #working: Promise<unknown> = Promise.resolve();
  #latest: readonly StoredMessage[] = [];
  readonly #messages: { readonly value: readonly StoredMessage[] | undefined };

  constructor(chat: Chat, conversation: string) {
    this.#chat = chat;
    this.#conversation = conversation;
    this.#messages = live(
      () => [this.#first, this.#last] as const,
      async ([first, last]) => {
        if (first === Infinity) return undefined;
        const now = await this.#range(first, last).toArray();
        this.#latest = unchanged(now, this.#latest);
        return this.#latest;
      },
    );
  }

  /** What is shown, the oldest first; undefined before it is known. */
  get messages(): readonly StoredMessage[] | undefined {
    return this.#messages.value;
  }

  /** Whether the newest message is among them, and the next one will be. */
  get followsEnd(): boolean {
    return this.#last === Infinity;
  }

  /** From the first unread message on, or the newest ones. */
  open(): Promise<void> {
    return this.#alone(async () => {
      await this.#chat.openChats.catchUp(this.#conversation);
      this.unreadFrom = await this.#firstUnread();
      if (this.unreadFrom === undefined || !(await this.#around(this.unreadFrom))) await this.#toEnd();
    });
  }

  /** The newest messages. */
  toEnd(): Promise<void> {
    return this.#alone(() => this.#toEnd());
  }

  /** A message of this number, with those around it: loaded if need be. @returns false if there is none */
  around(seq: number): Promise<boolean | undefined> {
    return this.#alone(() => this.#around(seq));
  }

  /** Some more above, unless that is going on already; what is too far below then goes. */
  async older(): Promise<void> {
    if (this.isLoading) return;
    await this.#alone(async () => {
      const first = await this.#before(this.#first, STEP);
      if (first === this.#first && this.#hasMore) await this.#load();
      this.#first = await this.#before(this.#first, STEP);
      const count = await this.#range(this.#first, this.#last).count();
      if (count > MOST) this.#last = await this.#after(this.#first, MOST);
    });
  }

  /** Some more below, unless that is going on already; what is too far above then goes. */
  async newer(): Promise<void> {
    if (this.isLoading || this.followsEnd) return;
    await this.#alone(async () => {
      this.#last = await this.#after(this.#last, STEP);
      this.#first = Math.max(this.#first, await this.#before(this.#last, MOST));
    });
  }

  /** Asks again for what may be there: the line may have been down, or all is read anew. */
  reload(): Promise<void> {
    return this.#alone(() => {
      this.#hasMore = true;
      return this.#toEnd();
    });
  }

  /** One thing after the other: each moves the window. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const done = this.#working.then(async () => {
      this.isLoading = true;
      try {
        return await work();
      } catch (error) {
        // Who logs out takes the store away from under it.
        if (this.#chat.store.isOpen()) throw error;
        return undefined;
      } finally {
        await tick();
        this.isLoading = false;
      }
    });
    this.#working = done.catch(() => {});
    return done;
  }

  async #toEnd(): Promise<void> {
    if (this.#hasMore && (await this.#range().count()) < STEP) await this.#load();
    [this.#first, this.#last] = [await this.#before(Infinity, 2 * STEP), Infinity];
  }

  async #around(seq: number): Promise<boolean> {
    await this.#loadUntil(async () => (await this.#oldest()) <= seq);
    if (!(await this.#range(seq, seq).count())) return false;
    [this.#first, this.#last] = [await this.#before(seq, STEP), await this.#after(seq, 2 * STEP)];
    return true;
  }

  /** The number of the message that is `count` messages above one. */
  async #before(seq: number, count: number): Promise<number> {
    const keys = await this.#range(0, seq === Infinity ? seq : seq - 1)
      .reverse()
      .limit(count)
      .primaryKeys();
    return seqIn(keys.at(-1)) ?? (seq === Infinity ? 0 : seq);
  }

  /** The same below; Infinity where the newest one is among them. */
  async #after(seq: number, count: number): Promise<number> {
    const keys = await this.#range(seq + 1)
      .limit(count + 1)
      .primaryKeys();
    return keys.length <= count ? Infinity : seqIn(keys[count - 1])!;
  }

  async #oldest(): Promise<number> {
    return seqIn((await this.#range().limit(1).primaryKeys())[0]) ?? Infinity;
  }

  /** A page of the history. Without a line what is kept is shown, and scrolling asks again. */
  async #load(): Promise<boolean> {
    try {
      this.#hasMore = await this.#chat.histories.loadOlder(this.#conversation);
      return this.#hasMore;
    } catch {
      return false;
    }
  }

  async #loadUntil(isThere: () => Promise<boolean>): Promise<void> {
    for (let pages = 0; pages < MOST_PAGES && !(await isThere()); pages++) if (!(await this.#load())) return;
  }

  async #firstUnread(): Promise<number | undefined> {
    const { store, listing } = this.#chat;
    const kept = () => store.conversations.get(this.#conversation);
    // Whoever comes by a link may be here before the list of chats. Without a line there is nothing to begin at.
    if (!(await kept())) await listing.reread(this.#conversation).catch(() => {});
    const known = await kept();
    if (!known || known.unread === 0) return undefined;
    const read = seqOf(known.readUpTo ?? '-0');
    const unread = () => this.#range(read + 1).filter((message) => isSaid(message) && message.from !== this.#chat.uid);
    await this.#loadUntil(async () => (await this.#oldest()) <= read + 1 || (await unread().count()) >= known.unread);
    return (await unread().first())?.seq;
  }

  #range(first = 0, last = Infinity) {
    const of = this.#conversation;
    return this.#chat.store.messages.where('[conversation+seq]').between([of, first], [of, last], true, true);
  }
}

/** Messages, those that are as they were the same objects as before. */
function unchanged(now: StoredMessage[], before: readonly StoredMessage[]): StoredMessage[] {
  const known = new Map(before.map((message) => [message.seq, message]));
  return now.map((message) => {
    const old = known.get(message.seq);
    return old && JSON.stringify(old) === JSON.stringify(message) ? old : message;
  });
}

function seqIn(key: unknown): number | undefined {
  return (key as [string, number] | undefined)?.[1];
}
