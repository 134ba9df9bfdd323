import { type Action, allows, type Role } from '../../../domain/policy.ts';
import { ApiError, all, ask, type Group, type JoinRequest, type Member } from '../../api/client.ts';
import { errorText } from '../../i18n/errors.ts';
import { wordsOf } from '../../i18n/texts.ts';
import type { Chat } from '../../store/chat.svelte.ts';

type Change = Partial<Pick<Group, 'joinPolicy' | 'postPolicy' | 'historyPolicy' | 'owner' | 'kind'>> & {
  fields?: Record<string, string | null>;
};
type MemberChange = { role?: 'admin' | 'member'; silencedUntil?: string | null };

/** How many members of a channel are read at a time. */
const PAGE = 50;

/** A group as its page shows it: read from the service, and changed there. */
export class GroupModel {
  readonly gid: string;
  readonly #chat: Chat;
  readonly #path: { gid: string };
  group = $state.raw<Group>();
  /** None while one is no member; of a channel as many as one wanted to see. */
  members = $state.raw<Member[]>([]);
  #me = $state.raw<Member>();
  /** How many pages of members are shown, and the position behind the last; absent where there are no more. */
  #pages = 1;
  #next = $state.raw<string>();
  requests = $state.raw<JoinRequest[]>([]);
  bans = $state.raw<{ uid: string }[]>([]);
  error = $state('');
  /** There is no such group, or no longer. */
  isGone = $state(false);
  /** Whether it is known who is in the group. */
  isLoaded = $state(false);
  readonly role: Role | undefined = $derived(this.#me?.role);
  readonly isChannel = $derived(this.group?.kind === 'channel');
  /** What is said of it. */
  readonly words = $derived(wordsOf(this.isChannel));

  constructor(gid: string, chat: Chat) {
    this.gid = gid;
    this.#chat = chat;
    this.#path = { gid };
  }

  /** Whether one's own role allows it. */
  may(action: Action): boolean {
    return this.role !== undefined && allows(action, this.role);
  }

  /** Whether one may remove, silence or ban this member. */
  mayModerate({ uid, role }: Member): boolean {
    if (uid === this.#chat.uid || role === 'owner') return false;
    return this.may(role === 'admin' ? 'moderateAdmins' : 'remove');
  }

  async load(): Promise<void> {
    try {
      this.group = await ask(this.#chat.api.GET('/v1/groups/{gid}', { params: { path: this.#path } }));
      this.isGone = false;
      await (this.isChannel ? this.#loadSomeMembers() : this.#loadMembers());
      [this.requests, this.bans] = this.may('approve') ? await this.#toModerate() : [[], []];
      this.isLoaded = true;
    } catch (cause) {
      this.isGone = cause instanceof ApiError && (cause.status === 404 || cause.status === 400);
      this.error = errorText(cause);
    }
  }

  get hasMoreMembers(): boolean {
    return this.#next !== undefined;
  }

  async loadMoreMembers(): Promise<void> {
    try {
      this.#add(await this.#page(this.#next));
      this.#pages++;
    } catch (cause) {
      this.error = errorText(cause);
    }
  }

  /** Does something, tells what went wrong with it, and looks again. @returns whether it was done */
  async act(call: Promise<unknown>): Promise<boolean> {
    this.error = '';
    const isDone = await call.then(
      () => true,
      (cause: unknown) => {
        this.error = errorText(cause);
        return false;
      },
    );
    await this.load();
    return isDone;
  }

  change(body: Change): Promise<unknown> {
    return ask(this.#chat.api.PATCH('/v1/groups/{gid}', { params: { path: this.#path }, body }));
  }

  changeMember(uid: string, body: MemberChange): Promise<unknown> {
    return ask(this.#chat.api.PATCH('/v1/groups/{gid}/members/{uid}', { ...this.#one(uid), body }));
  }

  remove(uid: string): Promise<unknown> {
    return ask(this.#chat.api.DELETE('/v1/groups/{gid}/members/{uid}', this.#one(uid)));
  }

  ban(uid: string): Promise<unknown> {
    return ask(this.#chat.api.PUT('/v1/groups/{gid}/bans/{uid}', this.#one(uid)));
  }

  liftBan(uid: string): Promise<unknown> {
    return ask(this.#chat.api.DELETE('/v1/groups/{gid}/bans/{uid}', this.#one(uid)));
  }

  accept(uid: string): Promise<unknown> {
    return ask(this.#chat.api.PUT('/v1/groups/{gid}/requests/{uid}', this.#one(uid)));
  }

  refuse(uid: string): Promise<unknown> {
    return ask(this.#chat.api.DELETE('/v1/groups/{gid}/requests/{uid}', this.#one(uid)));
  }

  delete(): Promise<unknown> {
    return ask(this.#chat.api.DELETE('/v1/groups/{gid}', { params: { path: this.#path } }));
  }

  /** @returns the uids of those who could not be added */
  add(uids: string[]): Promise<string[]> {
    return addTo(this.#chat, this.gid, uids);
  }

  #one(uid: string) {
    return { params: { path: { ...this.#path, uid } } };
  }

  async #loadMembers(): Promise<void> {
    this.members = await all((after) => this.#page(after, 100)).catch(noneOfOthers([]));
    this.#me = this.members.find(({ uid }) => uid === this.#chat.uid);
    this.#next = undefined;
  }

  /** Its first pages: a channel may have any number of members. */
  async #loadSomeMembers(): Promise<void> {
    const own = ask(this.#chat.api.GET('/v1/groups/{gid}/members/{uid}', this.#one('me')));
    this.#me = await own.catch(noneOfOthers(undefined));
    this.members = [];
    this.#next = undefined;
    for (let page = 0; this.#me && page < this.#pages && (page === 0 || this.#next); page++) {
      this.#add(await this.#page(this.#next));
    }
  }

  /** One who comes or goes meanwhile may be on two pages. */
  #add({ items, next }: { items: Member[]; next?: string }): void {
    const known = new Set(this.members.map(({ uid }) => uid));
    this.members = [...this.members, ...items.filter(({ uid }) => !known.has(uid))];
    this.#next = next;
  }

  #page(after: string | undefined, limit = PAGE): Promise<{ items: Member[]; next?: string }> {
    const query = { limit, ...(after ? { after } : {}) };
    return ask(this.#chat.api.GET('/v1/groups/{gid}/members', { params: { path: this.#path, query } }));
  }

  #toModerate(): Promise<[JoinRequest[], { uid: string }[]]> {
    const query = (after: string | undefined) => ({ limit: 100, ...(after ? { after } : {}) });
    return Promise.all([
      requestsTo(this.#chat, this.gid),
      all((after) =>
        ask(
          this.#chat.api.GET('/v1/groups/{gid}/bans', {
            params: { path: this.#path, query: query(after) },
          }),
        ),
      ),
    ]);
  }
}

/** Who is no member is told nothing of members. */
function noneOfOthers<None>(none: None): (cause: unknown) => None {
  return (cause) => {
    if (cause instanceof ApiError && cause.code === 'not_member') return none;
    throw cause;
  };
}

/** Adds up to 100 people to a group. @returns the uids of those who could not be added */
export async function addTo({ api }: Chat, gid: string, uids: string[]): Promise<string[]> {
  const { results } = await ask(api.PUT('/v1/groups/{gid}/members', { params: { path: { gid } }, body: { uids } }));
  return results.filter(({ status }) => status >= 400).map(({ uid }) => uid);
}

/** Who asks to join a group. @throws ApiError */
export function requestsTo({ api }: Chat, gid: string): Promise<JoinRequest[]> {
  return all((after) =>
    ask(
      api.GET('/v1/groups/{gid}/requests', {
        params: { path: { gid }, query: { limit: 100, ...(after ? { after } : {}) } },
      }),
    ),
  );
}

/** Asks to join, or joins. @returns whether one is in, rather than waits for approval @throws ApiError */
export async function join({ api }: Chat, gid: string): Promise<boolean> {
  const answer = await ask(api.PUT('/v1/groups/{gid}/members/{uid}', { params: { path: { gid, uid: 'me' } } }));
  // Who only asks has no role yet.
  return 'role' in answer;
}
