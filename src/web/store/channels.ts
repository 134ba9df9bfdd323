import { type Api, ApiError, type Message } from '../api/client.ts';
import { isEnd, type Store, seqOf } from './db.ts';
import type { Histories } from './histories.ts';
import type { Inbox } from './inbox.ts';
import type { Listing } from './listing.ts';
import type { Profiles } from './profiles.ts';

/** How many channels are followed at once: each takes one of the six connections that a browser opens to a host. */
const MOST_FOLLOWED = 2;
/** Who is farther behind than so many entries begins with the newest page. */
const MOST_BEHIND = 500;
/** However often it is asked for, the list is not read more often than this, ms. */
const LOOK_EVERY_MS = 4_000;

interface Parts {
  inbox: Inbox;
  listing: Listing;
  histories: Histories;
  profiles: Profiles;
}

/**
 * Channels: nothing of what is written there comes to the inbox. Those that are open in a tab are followed, each by its log, two at
 * most in all tabs together. Of all others the list of conversations knows what is new: it is read anew every few seconds
 * while somebody looks, from the newest conversation down to the first channel that is as it was. So a person with
 * hundreds of channels costs no more connections than one with two, and seldom more than one request at a time.
 */
export class Channels {
  readonly #store: Store;
  readonly #api: Api;
  readonly #parts: Parts;
  readonly #uid: string;
  readonly #onMessages: (messages: readonly Message[]) => void;
  readonly #following = new Map<string, AbortController>();
  #lookedAt = 0;

  /** `onMessages` is called when entries of a log have come. */
  constructor(store: Store, api: Api, parts: Parts, uid: string, onMessages: (messages: readonly Message[]) => void) {
    this.#store = store;
    this.#api = api;
    this.#parts = parts;
    this.#uid = uid;
    this.#onMessages = onMessages;
  }

  /** Brings what is kept of a channel up to now; of another conversation the inbox sees to that. @throws ApiError */
  async catchUp(conversation: string): Promise<boolean> {
    const { profiles, listing, histories } = this.#parts;
    if (!(await profiles.channelsIn([conversation])).has(conversation)) return false;
    const { conversations, positions } = this.#store;
    const before = await conversations.get(conversation);
    if (before?.last && isEnd(before.last, this.#uid)) return true;
    await listing.freshen(conversation);
    const last = (await conversations.get(conversation))?.last;
    const kept = (await positions.get(name(conversation)))?.cursor;
    const isEmpty = (await histories.kept(conversation).count()) === 0;
    if (!kept || isEmpty || seqOf(last?.id ?? '-0') - seqOf(kept) > MOST_BEHIND) {
      // The cursor goes first: without it one begins anew.
      await positions.delete(name(conversation));
      await histories.beginAnew(conversation);
    } else await histories.backfill(conversation);
    return true;
  }

  /** Follows these, the last of them if they are too many, and no others. */
  follow(conversations: readonly string[]): void {
    const wanted = new Set(conversations.slice(-MOST_FOLLOWED));
    for (const [conversation, ending] of this.#following) {
      if (wanted.has(conversation)) continue;
      this.#following.delete(conversation);
      this.#parts.listing.followed.delete(conversation);
      ending.abort();
    }
    for (const conversation of wanted) if (!this.#following.has(conversation)) void this.#follow(conversation);
  }

  /** What is new in those that are not followed. */
  async look(): Promise<void> {
    if (Date.now() - this.#lookedAt < LOOK_EVERY_MS || !(await this.#hasAny())) return;
    this.#lookedAt = Date.now();
    const { listing, profiles } = this.#parts;
    const { conversations } = this.#store;
    let after: string | undefined;
    do {
      const { items, next } = await listing.page(after);
      const channels = await profiles.channelsIn(items.map(({ conversation }) => conversation));
      const others = items.filter(
        ({ conversation }) => channels.has(conversation) && !listing.followed.has(conversation),
      );
      const lowest = others.at(-1);
      const known = lowest && (await conversations.get(lowest.conversation));
      await listing.renew(others);
      // What is below one that is as it was is older, and was seen before.
      after = known && known.last?.id === lowest.last?.id ? undefined : next;
    } while (after !== undefined);
  }

  async #hasAny(): Promise<boolean> {
    return (await this.#store.profiles.filter(({ kind }) => kind === 'channel').count()) > 0;
  }

  async #follow(conversation: string): Promise<void> {
    const { inbox, listing, histories } = this.#parts;
    const { positions } = this.#store;
    const ending = new AbortController();
    this.#following.set(conversation, ending);
    const position = async () => (await positions.get(name(conversation)))?.cursor;
    try {
      await this.#api.follow({
        conversation,
        start: (await position()) ?? '$',
        signal: ending.signal,
        onReady: async (cursor) => {
          if (!ending.signal.aborted) listing.followed.add(conversation);
          if (await position()) return;
          // What came between the newest page and now.
          await histories.backfill(conversation);
          await listing.freshen(conversation);
          await positions.put({ name: name(conversation), cursor });
        },
        onMessages: async (messages, cursor) => {
          await inbox.takeLog(conversation, messages, cursor);
          this.#onMessages(messages);
        },
        onGap: async (_gap, cursor) => {
          await histories.beginAnew(conversation);
          await listing.freshen(conversation);
          await positions.put({ name: name(conversation), cursor });
        },
        onError: (error) => {
          // A line that is down is tried again; and who logs out takes the store away from under it.
          if (!(error instanceof ApiError) && !ending.signal.aborted) console.error(error);
        },
      });
    } catch {
      // One has left, or it is gone: the inbox tells that.
    }
    if (ending.signal.aborted) return;
    listing.followed.delete(conversation);
    this.#following.delete(conversation);
  }
}

/** Under which the cursor of its log is kept. */
function name(conversation: string): string {
  return `log ${conversation}`;
}
