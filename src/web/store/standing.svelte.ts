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
  members = $state.raw<Member[]>([]);
  /** What the service said when it was asked. */
  #found = $state.raw<Hindrance>();
  #now = $state(Date.now());
  readonly #last: { readonly value: StoredMessage | undefined };
  readonly #refusal: { readonly value: string | undefined };

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

  get isAdmin(): boolean {
    return this.me?.role === 'owner' || this.me?.role === 'admin';
  }

  get hindrance(): Hindrance | undefined {
    const event = this.#last.value;
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
    const [group, members] = await Promise.all([
      api.GET('/v1/groups/{gid}', { params }),
      all((after) =>
        api.GET('/v1/groups/{gid}/members', { params: { ...params, query: { ...(after ? { after } : {}) } } }),
      ),
    ]);
    this.group = group;
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
