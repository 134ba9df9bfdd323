import { type Actor, uidOf } from '../../domain/actor.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageByTime } from '../../domain/pages.ts';
import type { Store } from '../../redis/store.ts';
import { checkMay } from '../members/standings.ts';
import * as commands from './commands.ts';

/** Somebody who is banned from a group. */
export interface Ban {
  uid: Uid;
  bannedAt: string;
}

/** Bans: who is banned from a group can't become a member by any way until the ban is lifted. */
export class Bans {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Who is banned, the oldest ban first. For the owner, admins and the server. */
  async list(actor: Actor, gid: Gid, request: PageRequest): Promise<Page<Ban>> {
    await checkMay(this.#store, 'ban', actor, gid);
    const { redis, keys } = this.#store;
    const all = await redis.zrange(keys.bans(gid), '0', '-1', 'WITHSCORES');
    return pageByTime(all, request, (uid, bannedAt) => ({ uid: uid as Uid, bannedAt }));
  }

  /**
   * Bans somebody, member or not. A member is taken out, and all are told by a `ban` event; a request to join is dropped.
   * Once banned, nothing happens.
   */
  async ban(actor: Actor, gid: Gid, uid: Uid): Promise<{ ban: Ban; created: boolean }> {
    const { created, bannedAtMs } = await this.#store.run(commands.ban, { gid, uid, actor: uidOf(actor) });
    return { ban: { uid, bannedAt: new Date(bannedAtMs).toISOString() }, created };
  }

  /** Lifts a ban; without one nothing happens. Nobody is told, and nobody becomes a member by it. */
  async lift(actor: Actor, gid: Gid, uid: Uid): Promise<void> {
    await this.#store.run(commands.lift, { gid, uid, actor: uidOf(actor) });
  }
}
