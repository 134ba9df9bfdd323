import { type Action, allows, type Role } from '../../../domain/policy.ts';
import { ApiError, all, ask, type Group, type JoinRequest, type Member } from '../../api/client.ts';
import { errorText } from '../../i18n/errors.ts';
import type { Chat } from '../../store/chat.svelte.ts';

type Change = Partial<Pick<Group, 'joinPolicy' | 'postPolicy' | 'historyPolicy' | 'owner'>> & {
  fields?: Record<string, string | null>;
};
type MemberChange = { role?: 'admin' | 'member'; silencedUntil?: string | null };

/** A group as its page shows it: read from the service, and changed there. */
export class GroupModel {
  readonly gid: string;
  readonly #chat: Chat;
  readonly #path: { gid: string };
  group = $state.raw<Group>();
  /** None while one is no member. */
  members = $state.raw<Member[]>([]);
  requests = $state.raw<JoinRequest[]>([]);
  bans = $state.raw<{ uid: string }[]>([]);
  error = $state('');
  /** There is no such group, or no longer. */
  isGone = $state(false);
  /** Whether it is known who is in the group. */
  isLoaded = $state(false);
  readonly role: Role | undefined = $derived(this.members.find(({ uid }) => uid === this.#chat.uid)?.role);

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
      this.members = await this.#membersNow();
      [this.requests, this.bans] = this.may('approve') ? await this.#toModerate() : [[], []];
      this.isLoaded = true;
    } catch (cause) {
      this.isGone = cause instanceof ApiError && (cause.status === 404 || cause.status === 400);
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

  async #membersNow(): Promise<Member[]> {
    const members = all((after) =>
      ask(
        this.#chat.api.GET('/v1/groups/{gid}/members', {
          params: { path: this.#path, query: { limit: 100, ...(after ? { after } : {}) } },
        }),
      ),
    );
    return members.catch((cause: unknown) => {
      if (cause instanceof ApiError && cause.code === 'not_member') return [];
      throw cause;
    });
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
