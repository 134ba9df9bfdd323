import { groupLog } from '../../domain/conversations.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

/** Who is concerned, in which group, and who acts (`''` is the server). */
interface Banning {
  gid: Gid;
  uid: Uid;
  actor: Uid | '';
}

/** Refuses `group_not_found`, `not_admin`, `not_owner`, `owner_must_hand_over`, `user_not_found`. */
export const ban = command({
  script: new URL('./ban.lua', import.meta.url),
  keys: (keys, { gid, uid }: Banning) => [
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
    keys.sanctions(uid),
    keys.feed(),
    keys.journal(),
    keys.receipts(groupLog(gid)),
    keys.mentions(uid),
    keys.settings(uid),
    keys.left(uid),
  ],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: ([outcome, bannedAt, count, reason]: [outcome: string, bannedAt: string, count: number, reason: string]) => ({
    created: outcome === 'banned',
    bannedAtMs: Number(bannedAt),
    refused: { count, reason },
  }),
});

/** Refuses `group_not_found`, `not_admin`. */
export const lift = command({
  script: new URL('./lift.lua', import.meta.url),
  keys: (keys, { gid, uid }: Banning) => [
    keys.group(gid),
    keys.roles(gid),
    keys.bans(gid),
    keys.sanctions(uid),
    keys.feed(),
    keys.journal(),
  ],
  args: ({ gid, uid, actor }) => [gid, uid, actor],
  decode: () => undefined,
});
