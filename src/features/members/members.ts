import { type Actor, uidOf } from '../../domain/actor.ts';
import type { ImError } from '../../domain/errors.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageByTime, pageOf } from '../../domain/pages.ts';
import type { Role } from '../../domain/policy.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import { scanPage } from './scan-page.ts';
import { checkMay, standingOf } from './standings.ts';

/** A member of a group. */
export interface Member {
  uid: Uid;
  role: Role;
  /** Until when it may send nothing; absent where it may. */
  silencedUntil?: string;
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

/** What came of one of several who were to be added. */
export type AddResult = { uid: Uid } & ({ member: Member; created: boolean } | { error: ImError });

/** Who is in a group, who wants to be, what they are there, and how all that changes. */
export class Members {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All members by uid, or, of a channel, in no order, and not all of them read. For members and the server. */
  async list(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<Member>> {
    const { redis, keys } = this.#store;
    const [[owner, kind], isReader] = await Promise.all([
      redis.hmget(keys.group(gid), 'master', 'kind'),
      actor.kind === 'user' ? redis.sismember(keys.members(gid), actor.uid) : 1,
    ]);
    if (!owner) return refuse('group_not_found', gid);
    if (isReader === 0) refuse('not_member', gid);
    const page =
      kind === 'channel' ? await scanPage(redis, keys.members(gid), request) : await this.#pageByUid(gid, request);
    const uids = page.items as Uid[];
    const roles = uids.length > 0 ? await redis.hmget(keys.roles(gid), ...uids) : [];
    return { ...page, items: uids.map((uid, i) => memberOf(uid, standingOf(uid, owner, roles[i]))) };
  }

  async #pageByUid(gid: Gid, request: PageRequest): Promise<Page<string>> {
    const uids = await this.#store.redis.smembers(this.#store.keys.members(gid));
    return pageOf(
      uids.sort(),
      request,
      (uid) => uid,
      (uid, after) => uid > after,
    );
  }

  /** One member; `member_not_found`. For members and the server. */
  async get(actor: Actor, gid: Gid, uid: Uid): Promise<Member> {
    const { redis, keys } = this.#store;
    const [owner, [isMember, isReader], entry] = await Promise.all([
      redis.hget(keys.group(gid), 'master'),
      redis.smismember(keys.members(gid), uid, uidOf(actor)),
      redis.hget(keys.roles(gid), uid),
    ]);
    if (owner === null) refuse('group_not_found', gid);
    if (actor.kind === 'user' && isReader === 0) refuse('not_member', gid);
    if (isMember === 0) refuse('member_not_found', uid);
    return memberOf(uid, standingOf(uid, owner, entry));
  }

  /**
   * Makes `uid` a member. The owner, admins and the server add anybody who is not banned; a user joins by the group's
   * joinPolicy, so that the outcome may be a request to the owner. Once a member, joining changes nothing.
   */
  async join(actor: Actor, gid: Gid, uid: Uid): Promise<JoinResult> {
    const reply = await this.#store.run(commands.join, { gid, uid, actor: uidOf(actor), mode: 'join' });
    if (reply.outcome === 'requested') {
      const requestedAt = new Date(reply.requestedAtMs).toISOString();
      return { outcome: reply.outcome, request: { uid, requestedAt } };
    }
    return { outcome: reply.outcome, member: memberOf(uid, reply.standing) };
  }

  /** Adds several at once, each with an outcome of its own, in the order given. One event tells of all who came. */
  async add(actor: Actor, gid: Gid, uids: readonly Uid[]): Promise<AddResult[]> {
    const { outcomes } = await this.#store.run(commands.addMembers, { gid, uids, actor: uidOf(actor) });
    return outcomes.map((reply, i) => {
      const uid = uids[i]!;
      if (reply.outcome === 'refused') {
        return { uid, error: this.#store.refusalFrom(`${reply.code} ${reply.subject}`)! };
      }
      return { uid, member: memberOf(uid, reply.standing), created: reply.outcome === 'joined' };
    });
  }

  /**
   * Gives a member another role (owner, server), or silences it until a time (ms since 1970; one that has passed lets it
   * speak again). All members are told of what changed.
   */
  async change(
    actor: Actor,
    gid: Gid,
    uid: Uid,
    { role, silencedUntilMs }: { role?: 'admin' | 'member' | undefined; silencedUntilMs?: number | undefined },
  ): Promise<Member> {
    const until = silencedUntilMs !== undefined && silencedUntilMs <= Date.now() ? 0 : silencedUntilMs;
    const input = { gid, uid, actor: uidOf(actor), role, silencedUntilMs: until };
    return memberOf(uid, (await this.#store.run(commands.changeMember, input)).standing);
  }

  /** Takes a member out: oneself, or by an admin, the owner or the server. The owner has to hand over first. Who is no member stays none. */
  async quit(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    await this.#store.run(commands.quit, { gid, uid, actor: uidOf(actor) });
  }

  /** Who asked to join, the oldest request first. For the owner, admins and the server. */
  async requests(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<JoinRequest>> {
    await checkMay(this.#store, 'approve', actor, gid);
    const { redis, keys } = this.#store;
    const all = await redis.zrange(keys.requests(gid), '0', '-1', 'WITHSCORES');
    return pageByTime(all, request, (uid, requestedAt) => ({ uid: uid as Uid, requestedAt }));
  }

  /** Lets somebody in who asked. For the owner, admins and the server. */
  async approve(actor: Actor, gid: Gid, uid: Uid): Promise<{ member: Member; created: boolean }> {
    const reply = await this.#store.run(commands.join, { gid, uid, actor: uidOf(actor), mode: 'approve' });
    // An approval admits: it makes no request.
    const { standing } = reply as Extract<typeof reply, { standing: unknown }>;
    return { member: memberOf(uid, standing), created: reply.outcome === 'joined' };
  }

  /** Turns a request down (owner, admins, server; the one who asked is told), or withdraws one's own. Without one it changes nothing. */
  async refuse(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    await this.#store.run(commands.refuseRequest, { gid, uid, actor: uidOf(actor) });
  }
}

/** A silence that has passed is none. */
function memberOf(uid: Uid, { role, silencedUntilMs }: commands.Standing): Member {
  if (silencedUntilMs <= Date.now()) return { uid, role };
  return { uid, role, silencedUntil: new Date(silencedUntilMs).toISOString() };
}
