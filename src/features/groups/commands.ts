import { groupLog } from '../../domain/conversations.ts';
import { type Fields, fieldsFrom } from '../../domain/entries.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { GroupKind, HistoryPolicy, JoinPolicy, PostPolicy } from '../../domain/policy.ts';
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
  kind: GroupKind | undefined;
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
  kind: string,
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
    return [...ofGroup, keys.groups(), keys.feed(), keys.journal(), keys.receipts(groupLog(gid)), ...ofOwner];
  },
  args: ({ gid, mode, actor, owner, joinPolicy, postPolicy, historyPolicy, kind, pairs, removed }) => [
    gid,
    mode,
    actor,
    owner ?? '',
    joinPolicy ?? '',
    postPolicy ?? '',
    historyPolicy ?? '',
    kind ?? '',
    pairs.length / 2,
    ...pairs,
    ...removed,
  ],
  decode: ([outcome, owner, join, post, history, kind, createdAt, members, flat, count, reason]: PutGroupReply) => ({
    created: outcome === 'created',
    owner: owner as Uid,
    joinPolicy: join as JoinPolicy,
    postPolicy: post as PostPolicy,
    historyPolicy: history as HistoryPolicy,
    kind: kind as GroupKind,
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
    keys.journal(),
    ...besideLog(keys, groupLog(gid)),
    keys.channelRemovals(),
    keys.unfinished(),
  ],
  args: ({ gid, actor }) => [gid, actor],
  decode: ([, count, reason, left]: [outcome: string, count: number, reason: string, left: string]) => ({
    refused: { count, reason },
    /** The incarnation of a channel that {@link freeChannel} has to finish. */
    left: left === '' ? undefined : left,
  }),
});

/** How many people one call of {@link freeChannel} takes: Redis does nothing else meanwhile. */
const PEOPLE_A_CALL = 200;

/** A page of what removing a channel has left. True when nothing is. */
export const freeChannel = command({
  script: new URL('./free_channel.lua', import.meta.url),
  keys: (keys, incarnation: string) => [
    keys.channelRemovals(),
    ...(['gm', 'gr', 'gb', 'gq'] as const).map((part) => keys.removedChannel(part, incarnation)),
    keys.feed(),
    keys.removals(),
    keys.unfinished(),
  ],
  args: (incarnation) => [incarnation, PEOPLE_A_CALL],
  decode: ([still, count, reason]: [still: number, count: number, reason: string]) => ({
    isDone: still === 0,
    refused: { count, reason },
  }),
});
