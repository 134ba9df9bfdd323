import type { Gid, Uid } from '../ids.ts';
import { type Actor, uidOf } from './actor.ts';
import { type ImContext, report } from './context.ts';
import { cut, cutByTime, type Page, type PageRequest } from './page.ts';
import { settle } from './refusals.ts';

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
  readonly #context: ImContext;

  constructor(context: ImContext) {
    this.#context = context;
  }

  /** All members by uid. For members and the server. */
  async list(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<Member>> {
    const { redis, keys } = this.#context;
    const [master, uids] = await Promise.all([
      redis.hget(keys.group(gid), 'master'),
      redis.smembers(keys.members(gid)),
    ]);
    if (master === null) settle(['group_not_found', gid]);
    if (actor.kind === 'user' && !uids.includes(actor.uid)) settle(['not_member', gid]);
    const page = cut(
      uids.sort(),
      request,
      (uid) => uid,
      (uid, after) => uid > after,
    );
    return { ...page, items: page.items.map((uid) => memberOf(uid as Uid, uid === master ? 'owner' : 'member')) };
  }

  /**
   * Makes `uid` a member. The owner and the server add anybody; a user joins by the group's joinPolicy, so that the
   * outcome may be a request to the owner. Once a member, joining changes nothing.
   */
  async join(actor: Actor, gid: Gid, uid: Uid): Promise<JoinResult> {
    const [outcome, detail] = await this.#join(actor, gid, uid, 'join');
    if (outcome === 'requested') {
      return { outcome, request: { uid, requestedAt: new Date(Number(detail)).toISOString() } };
    }
    return { outcome: outcome as 'joined' | 'already', member: memberOf(uid, detail as Member['role']) };
  }

  /** Takes a member out: oneself, or anybody for the owner and the server. The owner has to hand over first. */
  async quit(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    const { redis, keys } = this.#context;
    const [, refused, reason] = settle(await redis.imQuit(keys.group(gid), keys.members(gid), gid, uid, uidOf(actor)));
    report(this.#context, refused, reason);
  }

  /** Who asked to join, the oldest request first. For the owner and the server. */
  async requests(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<JoinRequest>> {
    const { redis, keys } = this.#context;
    const [master, all] = await Promise.all([
      redis.hget(keys.group(gid), 'master'),
      redis.zrange(keys.requests(gid), '0', '-1', 'WITHSCORES'),
    ]);
    if (master === null) settle(['group_not_found', gid]);
    if (actor.kind === 'user' && actor.uid !== master) settle(['not_owner', gid]);
    return cutByTime(all, request, (uid, requestedAt) => ({ uid: uid as Uid, requestedAt }));
  }

  /** Lets somebody in who asked. For the owner and the server. */
  async approve(actor: Actor, gid: Gid, uid: Uid): Promise<{ member: Member; created: boolean }> {
    const [outcome, role] = await this.#join(actor, gid, uid, 'approve');
    return { member: memberOf(uid, role as Member['role']), created: outcome === 'joined' };
  }

  /** Turns a request down (owner, server; the one who asked is told), or withdraws one's own. */
  async refuse(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    const { redis, keys } = this.#context;
    const [, refused, reason] = settle(
      await redis.imRefuse(keys.group(gid), keys.requests(gid), gid, uid, uidOf(actor)),
    );
    report(this.#context, refused, reason);
  }

  async #join(actor: Actor, gid: Gid, uid: Uid, mode: 'join' | 'approve') {
    const { redis, keys } = this.#context;
    const reply = settle(
      await redis.imJoin(keys.group(gid), keys.members(gid), keys.requests(gid), gid, uid, uidOf(actor), mode),
    );
    report(this.#context, reply[2], reply[3]);
    return reply;
  }
}

function memberOf(uid: Uid, role: Member['role']): Member {
  return { uid, role };
}
