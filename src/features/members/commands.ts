import { groupLog } from '../../domain/conversations.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { Role } from '../../domain/policy.ts';
import { command } from '../../redis/command.ts';

/** Who is concerned, in which group, and who acts (`''` is the server). */
interface Membership {
  gid: Gid;
  uid: Uid;
  actor: Uid | '';
}

/** What a member is, and until when it is silenced: ms, 0 if it is not. The time may have passed. */
export interface Standing {
  role: Role;
  silencedUntilMs: number;
}

type Told = [outcome: string, count: number, reason: string];

/** Refuses `group_not_found`, `user_not_found`, `not_admin`, `banned`, `join_closed`, `request_not_found` (approve), `group_full`. */
export const join = command({
  script: new URL('./join.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership & { mode: 'join' | 'approve' }) => [
    keys.group(gid),
    keys.members(gid),
    keys.roles(gid),
    keys.bans(gid),
    keys.requests(gid),
    keys.log(groupLog(gid)),
    keys.user(uid),
    keys.contacts(uid),
    keys.read(uid),
    keys.requested(uid),
    keys.floors(uid),
    keys.removedUser(uid),
    keys.sanctions(uid),
    keys.feed(),
    keys.journal(),
    keys.left(uid),
  ],
  args: ({ gid, uid, actor, mode }) => [gid, uid, actor, mode],
  decode: ([outcome, detail, silenced, count, reason]: [string, string, string, count: number, reason: string]) => {
    const refused = { count, reason };
    if (outcome === 'requested') return { outcome, requestedAtMs: Number(detail), refused } as const;
    return { outcome: outcome as 'joined' | 'already', standing: standingOf(detail, silenced), refused } as const;
  },
});

/** What came of one of those that were to be added. */
export type AddReply =
  | { outcome: 'joined' | 'already'; standing: Standing }
  | { outcome: 'refused'; code: string; subject: string };

/** Each has an outcome of its own, in the order given. Refuses `group_not_found`, `not_admin`. */
export const addMembers = command({
  script: new URL('./add_members.lua', import.meta.url),
  keys: (keys, { gid, uids }: { gid: Gid; uids: readonly Uid[]; actor: Uid | '' }) => [
    keys.group(gid),
    keys.members(gid),
    keys.roles(gid),
    keys.bans(gid),
    keys.requests(gid),
    keys.log(groupLog(gid)),
    keys.feed(),
    keys.journal(),
    ...uids.flatMap((uid) => [
      keys.user(uid),
      keys.contacts(uid),
      keys.read(uid),
      keys.requested(uid),
      keys.floors(uid),
      keys.removedUser(uid),
      keys.sanctions(uid),
      keys.left(uid),
    ]),
  ],
  args: ({ gid, actor, uids }) => [gid, actor, ...uids],
  decode: ([outcomes, count, reason]: [[outcome: string, detail: string, silenced?: string][], number, string]) => ({
    outcomes: outcomes.map(([outcome, detail, silenced = '0']): AddReply => {
      if (outcome !== 'joined' && outcome !== 'already') return { outcome: 'refused', code: outcome, subject: detail };
      return { outcome, standing: standingOf(detail, silenced) };
    }),
    refused: { count, reason },
  }),
});

interface Change extends Membership {
  role: 'admin' | 'member' | undefined;
  /** ms; 0 lifts; absent is unchanged. */
  silencedUntilMs: number | undefined;
}

/** Refuses `group_not_found`, `not_admin`, `not_owner`, `member_not_found`, `owner_must_hand_over`. */
export const changeMember = command({
  script: new URL('./change_member.lua', import.meta.url),
  keys: (keys, { gid, uid }: Change) => [
    keys.group(gid),
    keys.members(gid),
    keys.roles(gid),
    keys.log(groupLog(gid)),
    keys.feed(),
    keys.journal(),
    keys.user(uid),
  ],
  args: ({ gid, uid, actor, role, silencedUntilMs }) => [
    gid,
    uid,
    actor,
    role ?? '',
    silencedUntilMs ?? '',
    new Date(silencedUntilMs ?? 0).toISOString(),
  ],
  decode: ([role, silenced, count, reason]: [role: string, silenced: string, count: number, reason: string]) => ({
    standing: standingOf(role, silenced),
    refused: { count, reason },
  }),
});

/** Refuses `group_not_found`, `not_admin`, `not_owner`, `owner_must_hand_over`. */
export const quit = command({
  script: new URL('./quit.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership) => [
    keys.group(gid),
    keys.members(gid),
    keys.roles(gid),
    keys.log(groupLog(gid)),
    keys.user(uid),
    keys.contacts(uid),
    keys.read(uid),
    keys.floors(uid),
    keys.sanctions(uid),
    keys.mentions(uid),
    keys.settings(uid),
    keys.feed(),
    keys.journal(),
    keys.receipts(groupLog(gid)),
    keys.left(uid),
  ],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: ([outcome, count, reason]: Told) => ({ wasMember: outcome === 'left', refused: { count, reason } }),
});

/** Refuses `group_not_found`, `not_admin`. */
export const refuseRequest = command({
  script: new URL('./refuse_request.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership) => [
    keys.group(gid),
    keys.roles(gid),
    keys.requests(gid),
    keys.requested(uid),
    keys.feed(),
    keys.journal(),
  ],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: ([, count, reason]: Told) => ({ refused: { count, reason } }),
});

function standingOf(role: string, silencedUntil: string): Standing {
  return { role: role as Role, silencedUntilMs: Number(silencedUntil) };
}
