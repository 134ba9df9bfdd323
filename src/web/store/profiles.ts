import { isName } from '../../domain/names.ts';
import type { Api, Group } from '../api/client.ts';
import type { Profile, Store } from './db.ts';
import { idOf, isGroup } from './ids.ts';

/** A name that is older than this is asked for again when it is shown, ms. */
const FRESH_MS = 60_000;
/** Those that come into sight together are asked for together, ms. */
const GATHER_MS = 20;
/** How many the service takes at once. */
const MOST = 100;

/** Names and pictures of people and groups, and which groups are channels: kept, and asked for when they are shown and not fresh. */
export class Profiles {
  readonly #store: Store;
  readonly #api: Api;
  /** When each was asked for, ms since 1970. */
  readonly #asked = new Map<string, number>();
  #wanted: string[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, api: Api) {
    this.#store = store;
    this.#api = api;
  }

  /** Sees to it that the store has a fresh profile soon. */
  want(conversation: string): void {
    if (this.#isFresh(conversation)) return;
    this.#asked.set(conversation, Date.now());
    this.#wanted.push(conversation);
    this.#gathering ??= setTimeout(() => {
      const wanted = this.#wanted;
      this.#wanted = [];
      this.#gathering = undefined;
      void this.#ask(wanted).catch(() => {});
    }, GATHER_MS);
  }

  /** Asks for it now, since it has just changed. @throws ApiError */
  async refresh(conversation: string): Promise<void> {
    const now = Date.now();
    this.#asked.set(conversation, now);
    const id = idOf(conversation);
    const found = isGroup(conversation)
      ? await this.#api.GET('/v1/groups/{gid}', { params: { path: { gid: id } } })
      : await this.#api.GET('/v1/users/{uid}', { params: { path: { uid: id } } });
    await this.#store.profiles.put(toProfile(conversation, found, now));
  }

  /** Several people at once, of whom none is fresh. @throws ApiError */
  async wantAll(uids: readonly string[]): Promise<void> {
    await this.#ask(uids.map((uid) => `user:${uid}`).filter((one) => !this.#isFresh(one)));
  }

  /** Which of some conversations are channels. @throws ApiError where that is not known and can't be asked */
  async channelsIn(conversations: readonly string[]): Promise<Set<string>> {
    const groups = [...new Set(conversations)].filter(isGroup);
    const unknown = (await this.#known(groups)).flatMap((one, i) => (one?.kind === undefined ? [groups[i]!] : []));
    await this.#ask(unknown);
    const known = await this.#known(groups);
    return new Set(groups.filter((_, i) => known[i]?.kind === 'channel'));
  }

  /** A group has changed: it is asked for again before it is relied on. */
  async outdated(conversation: string): Promise<void> {
    this.#asked.delete(conversation);
    await this.#store.profiles.update(conversation, { kind: undefined });
  }

  #known(conversations: readonly string[]): Promise<(Profile | undefined)[]> {
    return this.#store.profiles.bulkGet([...conversations]);
  }

  #isFresh(conversation: string): boolean {
    return Date.now() - (this.#asked.get(conversation) ?? 0) < FRESH_MS;
  }

  async #ask(conversations: readonly string[]): Promise<void> {
    const now = Date.now();
    for (const one of conversations) this.#asked.set(one, now);
    try {
      for (let first = 0; first < conversations.length; first += MOST) {
        await this.#askSome(conversations.slice(first, first + MOST), now);
      }
    } catch (error) {
      for (const one of conversations) this.#asked.delete(one);
      throw error;
    }
  }

  async #askSome(conversations: readonly string[], now: number): Promise<void> {
    const ids = (some: readonly string[]) => ({ params: { query: { ids: some.map(idOf).join(',') } } });
    // An address may name what nobody can be called: for that the others would not be answered.
    const valid = conversations.filter((one) => isName(idOf(one)));
    const groups = valid.filter(isGroup);
    const people = valid.filter((one) => !isGroup(one));
    const [foundGroups, foundPeople] = await Promise.all([
      groups.length > 0 ? this.#api.GET('/v1/groups', ids(groups)) : undefined,
      people.length > 0 ? this.#api.GET('/v1/users', ids(people)) : undefined,
    ]);
    await this.#store.profiles.bulkPut([
      ...(foundGroups?.items ?? []).map((group) => toProfile(`group:${group.gid}`, group, now)),
      ...(foundPeople?.items ?? []).map(({ uid, fields }) =>
        toProfile(`user:${uid}`, { fields: fields as Record<string, string> }, now),
      ),
    ]);
  }
}

function toProfile(
  conversation: string,
  { fields, kind }: { fields: Record<string, string>; kind?: Group['kind'] },
  askedAt: number,
): Profile {
  const name = fields.name || idOf(conversation);
  return { conversation, name, avatar: fields.avatar ?? '', askedAt, ...(kind ? { kind } : {}) };
}
