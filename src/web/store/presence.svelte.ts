import { SvelteMap } from 'svelte/reactivity';
import type { Api } from '../api/client.ts';
import type { Store } from './db.ts';
import { idOf, isGroup } from './ids.ts';

/** Whether somebody is there; `lastSeenAt`, ISO 8601, where that is known and they are not. */
export interface PresenceState {
  uid: string;
  online: boolean;
  lastSeenAt?: string;
}

/** How many the service takes at once. */
const MOST = 100;
/** Who is shown and not watched by the stream is asked for this often, ms. */
const ASK_EVERY_MS = 15_000;
/** Those that come into sight together are asked for together, ms. */
const GATHER_MS = 50;

/** Who is there: the stream watches those of the newest direct chats; others are asked for as they are shown. */
export class Presence {
  readonly #store: Store;
  readonly #api: Api;
  readonly #isLive: () => boolean;
  readonly #states = new SvelteMap<string, PresenceState>();
  /** When each that was shown and is not watched was asked for, ms since 1970. */
  readonly #shown = new Map<string, number>();
  readonly #timer = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #watched: ReadonlySet<string> = new Set();

  /** @param isLive whether the line is up: without it nobody knows */
  constructor(store: Store, api: Api, isLive: () => boolean) {
    this.#store = store;
    this.#api = api;
    this.#isLive = isLive;
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
  }

  /** Undefined where nothing is known, or nobody may tell. */
  of(uid: string): PresenceState | undefined {
    if (!this.#watched.has(uid) && !this.#shown.has(uid)) {
      this.#shown.set(uid, 0);
      this.#gathering ??= setTimeout(() => void this.#ask(), GATHER_MS);
    }
    return this.#isLive() ? this.#states.get(uid) : undefined;
  }

  /** Whom a stream that opens now should watch. */
  async toWatch(): Promise<string[]> {
    const newest = await this.#store.conversations
      .orderBy('position')
      .reverse()
      .filter(({ conversation }) => !isGroup(conversation))
      .limit(MOST)
      .toArray();
    return newest.map(({ conversation }) => idOf(conversation));
  }

  /** Whom the stream watches now, in whichever tab. */
  watches(uids: readonly string[]): void {
    this.#watched = new Set(uids);
    for (const uid of uids) this.#shown.delete(uid);
  }

  told(state: PresenceState): void {
    this.#states.set(state.uid, state);
  }

  /** Something may have been missed. */
  async reload(): Promise<void> {
    await this.#load([...this.#watched]);
    for (const uid of this.#shown.keys()) this.#shown.set(uid, 0);
    await this.#ask();
  }

  /** All that was told, for another tab. */
  get states(): PresenceState[] {
    return [...this.#states.values()];
  }

  /** Asks for those who were shown and were not asked for lately. */
  async #ask(): Promise<void> {
    this.#gathering = undefined;
    if (document.visibilityState === 'hidden') return;
    const now = Date.now();
    const due = [...this.#shown].filter(([, askedAt]) => now - askedAt > ASK_EVERY_MS - GATHER_MS).slice(-MOST);
    for (const [uid] of due) this.#shown.set(uid, now);
    await this.#load(due.map(([uid]) => uid));
  }

  async #load(uids: readonly string[]): Promise<void> {
    if (uids.length === 0) return;
    const answer = await this.#api
      .GET('/v1/presence', { params: { query: { ids: uids.join(',') } } })
      // No line, or the service keeps nothing of it.
      .catch(() => ({ items: [] as PresenceState[] }));
    for (const uid of uids) this.#states.delete(uid);
    for (const state of answer.items) this.told(state);
  }
}
