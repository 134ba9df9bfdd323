import { ApiError, all, type Group, type Member } from '../api/client.ts';
import type { Chat } from './chat.svelte.ts';
import { isEnd, type StoredMessage } from './db.ts';
import { idOf, isGroup } from './ids.ts';
import { live } from './live.svelte.ts';

/** Why one can't write to a conversation now. */
export type Hindrance =
  | { because: 'ended'; event: StoredMessage }
  | { because: 'silenced'; until: string }
  | { because: 'notMember' | 'onlyAdmins' | 'groupGone' | 'personGone' | 'blockedByMe' | 'refused' | 'contactsOnly' };

/** So many messages say who is in a channel. */
const MOST_LOOKED_AT = 300;

/** Refusals of a send that tell of the conversation, not of the message. */
const REFUSED: Record<string, Hindrance> = {
  blocked: { because: 'refused' },
  contacts_only: { because: 'contactsOnly' },
  must_unblock: { because: 'blockedByMe' },
  user_not_found: { because: 'personGone' },
};

/**
 * What the reader is in an open conversation: who else is there, what they may do, and what keeps them from writing. Asked
 * for when it is opened, when the line is back and after each event. To be made while a component is made.
 */
export class Standing {
  readonly #chat: Chat;
  readonly #conversation: string;
  group = $state.raw<Group>();
  /** All of them; of a channel the reader alone. */
  members = $state.raw<Member[]>([]);
  /** What the service said when it was asked. */
  #found = $state.raw<Hindrance>();
  #now = $state(Date.now());
  readonly #last: { readonly value: StoredMessage | undefined };
  readonly #refusal: { readonly value: string | undefined };
  /** That one can read it no more: of a channel only the list says so. */
  readonly #end: { readonly value: StoredMessage | undefined };
  readonly #authors: { readonly value: string[] | undefined };

  constructor(chat: Chat, conversation: string) {
    this.#chat = chat;
    this.#conversation = conversation;
    this.#last = live(
      () => conversation,
      async (of) =>
        chat.store.messages
          .where('[conversation+seq]')
          .between([of, 0], [of, Infinity])
          .reverse()
          .filter(({ action }) => action !== undefined && action !== 'gone' && action !== 'edit' && action !== 'erase')
          .first(),
    );
    this.#end = live(
      () => conversation,
      async (of) => {
        const last = (await chat.store.conversations.get(of))?.last;
        return last && isEnd(last, chat.uid) ? last : undefined;
      },
    );
    this.#authors = live(
      () => conversation,
      async (of) => {
        if ((await chat.store.profiles.get(of))?.kind !== 'channel') return [];
        const newest = await chat.histories.kept(of).reverse().limit(MOST_LOOKED_AT).toArray();
        return [...new Set(newest.flatMap(({ from }) => from ?? []))];
      },
    );
    this.#refusal = live(
      () => conversation,
      async (of) => {
        const refused = await chat.store.outbox
          .where('[conversation+writtenAt]')
          .between([of, 0], [of, Infinity])
          .last();
        return refused?.refusal;
      },
    );
    $effect(() => {
      void this.#last.value?.id;
      void this.#end.value?.id;
      void this.#refusal.value;
      if (chat.connection === 'live') void this.load();
    });
    // Whoever is silenced until a time may write again from then on.
    $effect(() => {
      const until = this.me?.silencedUntil;
      const ms = until === undefined ? 0 : Date.parse(until) - Date.now();
      if (ms <= 0 || ms > 86_400_000) return;
      const timer = setTimeout(() => {
        this.#now = Date.now();
      }, ms + 100);
      return () => clearTimeout(timer);
    });
  }

  get me(): Member | undefined {
    return this.members.find(({ uid }) => uid === this.#chat.uid);
  }

  get isChannel(): boolean {
    return this.group?.kind === 'channel';
  }

  /** Who may be there to be mentioned: of a channel, which may have any number of members, those who said something lately. */
  get people(): string[] {
    return this.isChannel ? (this.#authors.value ?? []) : this.members.map(({ uid }) => uid);
  }

  get isAdmin(): boolean {
    return this.me?.role === 'owner' || this.me?.role === 'admin';
  }

  get hindrance(): Hindrance | undefined {
    const event = this.#end.value ?? this.#last.value;
    if (event && isEnd(event, this.#chat.uid)) return { because: 'ended', event };
    if (this.#found) return this.#found;
    const until = this.me?.silencedUntil;
    if (until !== undefined && Date.parse(until) > this.#now) return { because: 'silenced', until };
    if (this.group?.postPolicy === 'admins' && this.me?.role === 'member') return { because: 'onlyAdmins' };
    return isGroup(this.#conversation) ? undefined : REFUSED[this.#refusal.value ?? ''];
  }

  async load(): Promise<void> {
    try {
      this.#found = await (isGroup(this.#conversation) ? this.#loadGroup() : this.#loadPerson());
      this.#now = Date.now();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // No line: what was known before holds.
      if (error.code === 'not_member') this.#found = { because: 'notMember' };
      if (error.code === 'group_not_found') this.#found = { because: 'groupGone' };
      if (error.code === 'user_not_found') this.#found = { because: 'personGone' };
    }
  }

  async unblock(): Promise<void> {
    await this.#chat.api.DELETE('/v1/users/{uid}/blocks/{peer}', {
      params: { path: { uid: 'me', peer: idOf(this.#conversation) } },
    });
    await this.load();
  }

  async #loadGroup(): Promise<undefined> {
    const { api, profiles } = this.#chat;
    const params = { path: { gid: idOf(this.#conversation) } };
    this.group = await api.GET('/v1/groups/{gid}', { params });
    if (this.isChannel) {
      const own = { path: { ...params.path, uid: 'me' } };
      this.members = [await api.GET('/v1/groups/{gid}/members/{uid}', { params: own })];
      return undefined;
    }
    const members = await all((after) =>
      api.GET('/v1/groups/{gid}/members', { params: { ...params, query: { ...(after ? { after } : {}) } } }),
    );
    this.members = members;
    await profiles.wantAll(members.map(({ uid }) => uid)).catch(() => {});
    return undefined;
  }

  async #loadPerson(): Promise<Hindrance | undefined> {
    const { api } = this.#chat;
    const peer = idOf(this.#conversation);
    const [blocks] = await Promise.all([
      all((after) =>
        api.GET('/v1/users/{uid}/blocks', {
          params: { path: { uid: 'me' }, query: { ...(after ? { after } : {}) } },
        }),
      ),
      api.GET('/v1/users/{uid}', { params: { path: { uid: peer } } }),
    ]);
    return blocks.some(({ uid }) => uid === peer) ? { because: 'blockedByMe' } : undefined;
  }
}
