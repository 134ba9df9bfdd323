import { groupLog } from '../../domain/conversations.ts';
import { type Fields, fieldsFrom } from '../../domain/entries.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { HistoryPolicy, JoinPolicy, PostPolicy } from '../../domain/policy.ts';
import { command } from '../../redis/command.ts';
import { besideLog } from '../../redis/conversation-keys.ts';

interface PutGroup {
  gid: Gid;
  mode: 'replace' | 'merge';
  /** The acting user, `''` for the server. */
  actor: Uid | '';
  owner: Uid | undefined;
  joinPolicy: JoinPolicy | undefined;
  postPolicy: PostPolicy | undefined;
  historyPolicy: HistoryPolicy | undefined;
  /** Name, value, name, value … */
  pairs: readonly string[];
  removed: readonly string[];
}

type PutGroupReply = [
  outcome: string,
  owner: string,
  joinPolicy: string,
  postPolicy: string,
  historyPolicy: string,
  createdAt: string,
  members: number,
  flat: string[],
  count: number,
  reason: string,
];

/**
 * Refuses `group_not_found`, `not_admin`, `not_owner`, `user_not_found`, `member_not_found`, `owner_unchanged`, `owner_needed`,
 * `owner_not_self`, `reserved_field`, `fields_too_large`.
 */
export const putGroup = command({
  script: new URL('./put_group.lua', import.meta.url),
  keys: (keys, { gid, actor, owner }: PutGroup) => {
    const named = owner || actor;
    const ofOwner = named
      ? [keys.user(named), keys.contacts(named), keys.read(named), keys.left(named), keys.removedUser(named)]
      : [];
    const ofGroup = [keys.group(gid), keys.members(gid), keys.log(groupLog(gid)), keys.roles(gid)];
    return [...ofGroup, keys.groups(), keys.feed(), ...ofOwner];
  },
  args: ({ gid, mode, actor, owner, joinPolicy, postPolicy, historyPolicy, pairs, removed }) => [
    gid,
    mode,
    actor,
    owner ?? '',
    joinPolicy ?? '',
    postPolicy ?? '',
    historyPolicy ?? '',
    pairs.length / 2,
    ...pairs,
    ...removed,
  ],
  decode: ([outcome, owner, join, post, history, createdAt, members, flat, count, reason]: PutGroupReply) => ({
    created: outcome === 'created',
    owner: owner as Uid,
    joinPolicy: join as JoinPolicy,
    postPolicy: post as PostPolicy,
    historyPolicy: history as HistoryPolicy,
    createdAtMs: Number(createdAt),
    members,
    fields: fieldsFrom(flat) as Fields,
    refused: { count, reason },
  }),
});

/** Refuses `group_not_found`, `not_owner`. */
export const removeGroup = command({
  script: new URL('./remove_group.lua', import.meta.url),
  keys: (keys, { gid }: { gid: Gid; actor: Uid | '' }) => [
    keys.group(gid),
    keys.members(gid),
    keys.log(groupLog(gid)),
    keys.requests(gid),
    keys.roles(gid),
    keys.bans(gid),
    keys.groups(),
    keys.feed(),
    ...besideLog(keys, groupLog(gid)),
  ],
  args: ({ gid, actor }) => [gid, actor],
  decode: ([, count, reason]: [outcome: string, count: number, reason: string]) => ({ refused: { count, reason } }),
});
