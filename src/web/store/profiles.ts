import type { Api } from '../api/client.ts';
import type { Profile, Store } from './db.ts';
import { idOf, isGroup } from './ids.ts';

/** A name that is older than this is asked for again when it is shown, ms. */
const FRESH_MS = 60_000;

/** Names and pictures of people and groups: kept, and asked for when they are shown and not fresh. */
export class Profiles {
  readonly #store: Store;
  readonly #api: Api;
  readonly #asking = new Map<string, number>();

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  /** Sees to it that the store has a fresh profile soon. */
  want(conversation: string): void {
    const now = Date.now();
    if (now - (this.#asking.get(conversation) ?? 0) < FRESH_MS) return;
    this.#asking.set(conversation, now);
    void this.#ask(conversation).catch(() => this.#asking.delete(conversation));
  }

  /** Asks for it now, since it has just changed. */
  async refresh(conversation: string): Promise<void> {
    this.#asking.set(conversation, Date.now());
    await this.#ask(conversation);
  }

  /** Several people at once, of whom none is fresh: at most 100 uids. */
  async wantAll(uids: readonly string[]): Promise<void> {
    const now = Date.now();
    const stale = uids.filter((uid) => now - (this.#asking.get(`user:${uid}`) ?? 0) >= FRESH_MS).slice(0, 100);
    if (stale.length === 0) return;
    for (const uid of stale) this.#asking.set(`user:${uid}`, now);
    const { items } = await this.#api.GET('/v1/users', { params: { query: { ids: stale.join(',') } } });
    await this.#store.profiles.bulkPut(
      items.map(({ uid, fields }) => toProfile(`user:${uid}`, fields as Record<string, string>, now)),
    );
  }

  async #ask(conversation: string): Promise<void> {
    const id = idOf(conversation);
    const { fields } = isGroup(conversation)
      ? await this.#api.GET('/v1/groups/{gid}', { params: { path: { gid: id } } })
      : await this.#api.GET('/v1/users/{uid}', { params: { path: { uid: id } } });
    await this.#store.profiles.put(toProfile(conversation, fields, Date.now()));
  }
}

function toProfile(conversation: string, fields: Record<string, string>, askedAt: number): Profile {
  return { conversation, name: fields.name || idOf(conversation), avatar: fields.avatar ?? '', askedAt };
}
