import type { Actor } from '../../domain/actor.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { type Action, allows, type Role, refusalOf } from '../../domain/policy.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import type { Standing } from './commands.ts';

/**
 * What a member is, by what `gr:<gid>` says of it: `<role> <silenced until, ms>`, or nothing of a plain member. The
 * mirror of `redis/lua/roles.lua`.
 */
export function standingOf(uid: Uid, owner: string | null, entry: string | null | undefined): Standing {
  if (uid === owner) return { role: 'owner', silencedUntilMs: 0 };
  const [role = 'member', silencedUntil = '0'] = entry?.split(' ') ?? [];
  return { role: role as Role, silencedUntilMs: Number(silencedUntil) };
}

/** Refuses unless the actor may do it in the group: for what only reads; what writes is checked in its script. */
export async function checkMay(store: Store, action: Action, actor: Actor, gid: Gid): Promise<void> {
  const { redis, keys } = store;
  const [owner, entry] = await Promise.all([
    redis.hget(keys.group(gid), 'master'),
    actor.kind === 'user' ? redis.hget(keys.roles(gid), actor.uid) : null,
  ]);
  if (owner === null) refuse('group_not_found', gid);
  if (actor.kind === 'user' && !allows(action, standingOf(actor.uid, owner, entry).role)) {
    refuse(refusalOf(action), gid);
  }
}
