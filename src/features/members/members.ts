import { type Actor, uidOf } from '../../domain/actor.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageByTime, pageOf } from '../../domain/pages.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** A member of a group. */
export interface Member {
  uid: Uid;
  role: 'owner' | 'member';
}

/** Somebody who asked to join a group. */
export interface JoinRequest {
  uid: Uid;
  requestedAt: string;
}

/** What came of a join. */
export type JoinResult =
  | { outcome: 'joined' | 'already'; member: Member }
  | { outcome: 'requested'; request: JoinRequest };

/** Who is in a group, who wants to be, and how both change. */
export class Members {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All members by uid. For members and the server. */
  async list(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<Member>> {
    const { redis, keys } = this.#store;
    const [master, uids] = await Promise.all([
      redis.hget(keys.group(gid), 'master'),
      redis.smembers(keys.members(gid)),
    ]);
    if (master === null) refuse('group_not_found', gid);
    if (actor.kind === 'user' && !uids.includes(actor.uid)) refuse('not_member', gid);
    const page = pageOf(
      uids.sort(),
      request,
      (uid) => uid,
      (uid, after) => uid > after,
    );
    return {
      ...page,
      items: page.items.map((uid) => ({ uid: uid as Uid, role: uid === master ? 'owner' : 'member' })),
    };
  }

  /**
   * Makes `uid` a member. The owner and the server add anybody; a user joins by the group's joinPolicy, so that the
   * outcome may be a request to the owner. Once a member, joining changes nothing.
   */
  async join(actor: Actor, gid: Gid, uid: Uid): Promise<JoinResult> {
    const reply = await this.#store.run(commands.join, { gid, uid, actor: uidOf(actor), mode: 'join' });
    if (reply.outcome === 'requested') {
      const requestedAt = new Date(reply.requestedAtMs).toISOString();
      return { outcome: reply.outcome, request: { uid, requestedAt } };
    }
    return { outcome: reply.outcome, member: { uid, role: reply.role } };
  }

  /** Takes a member out: oneself, or anybody for the owner and the server. The owner has to hand over first. */
  async quit(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    await this.#store.run(commands.quit, { gid, uid, actor: uidOf(actor) });
  }

  /** Who asked to join, the oldest request first. For the owner and the server. */
  async requests(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<JoinRequest>> {
    const { redis, keys } = this.#store;
    const [master, all] = await Promise.all([
      redis.hget(keys.group(gid), 'master'),
      redis.zrange(keys.requests(gid), '0', '-1', 'WITHSCORES'),
    ]);
    if (master === null) refuse('group_not_found', gid);
    if (actor.kind === 'user' && actor.uid !== master) refuse('not_owner', gid);
    return pageByTime(all, request, (uid, requestedAt) => ({ uid: uid as Uid, requestedAt }));
  }

  /** Lets somebody in who asked. For the owner and the server. */
  async approve(actor: Actor, gid: Gid, uid: Uid): Promise<{ member: Member; created: boolean }> {
    const reply = await this.#store.run(commands.join, { gid, uid, actor: uidOf(actor), mode: 'approve' });
    // An approval admits: it makes no request.
    const { role } = reply as Extract<typeof reply, { role: unknown }>;
    return { member: { uid, role }, created: reply.outcome === 'joined' };
  }

  /** Turns a request down (owner, server; the one who asked is told), or withdraws one's own. */
  async refuse(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    await this.#store.run(commands.refuseRequest, { gid, uid, actor: uidOf(actor) });
  }
}
