import { groupLog } from '../../domain/conversations.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

/** Who is concerned, in which group, and who acts (`''` is the server). */
interface Membership {
  gid: Gid;
  uid: Uid;
  actor: Uid | '';
}

type Told = [outcome: string, count: number, reason: string];

/**
 * Refuses `group_not_found`, `user_not_found`, `not_owner`, `join_closed`, `request_not_found` (approve), `group_full`.
 */
export const join = command({
  script: new URL('./join.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership & { mode: 'join' | 'approve' }) => [
    keys.group(gid),
    keys.members(gid),
    keys.requests(gid),
    keys.log(groupLog(gid)),
    keys.user(uid),
    keys.contacts(uid),
    keys.read(uid),
    keys.requested(uid),
    keys.feed(),
  ],
  args: ({ gid, uid, actor, mode }) => [gid, uid, actor, mode],
  decode: ([outcome, detail, count, reason]: [outcome: string, detail: string, count: number, reason: string]) => {
    const refused = { count, reason };
    if (outcome === 'requested') return { outcome, requestedAtMs: Number(detail), refused } as const;
    return { outcome: outcome as 'joined' | 'already', role: detail as 'owner' | 'member', refused } as const;
  },
});

/** Refuses `group_not_found`, `not_owner`, `member_not_found`, `owner_must_hand_over`. */
export const quit = command({
  script: new URL('./quit.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership) => [
    keys.group(gid),
    keys.members(gid),
    keys.log(groupLog(gid)),
    keys.user(uid),
    keys.contacts(uid),
    keys.read(uid),
    keys.mentions(uid),
    keys.settings(uid),
    keys.feed(),
  ],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: ([, count, reason]: Told) => ({ refused: { count, reason } }),
});

/** Refuses `group_not_found`, `not_owner`, `request_not_found`. */
export const refuseRequest = command({
  script: new URL('./refuse_request.lua', import.meta.url),
  keys: (keys, { gid, uid }: Membership) => [keys.group(gid), keys.requests(gid), keys.requested(uid), keys.feed()],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: ([, count, reason]: Told) => ({ refused: { count, reason } }),
});
