import fc from 'fast-check';
import { conversationOf, type World } from './model/world.ts';

/** Few names, so that lives cross. */
export const UIDS = ['ann', 'bob', 'cy', 'dee'];
export const GIDS = ['team', 'club'];

export const anyUid = fc.constantFrom(...UIDS);
export const anyGid = fc.constantFrom(...GIDS);
/** Who has something to say in a group, mostly; the server (`''`) now and then. */
export const anyActor = fc.constantFrom(...UIDS, 'owner', 'owner', 'owner', 'owner', '');
export const anyWhom = fc.constantFrom(...UIDS, 'member', 'member', 'requester', 'requester');
/** One that the user has, mostly: `own:1` is the second of them. */
const own = fc.nat(5).map((nth) => `own:${nth}`);
const named = fc.constantFrom(...UIDS.map((uid) => `user:${uid}`), ...GIDS.map((gid) => `group:${gid}`));
export const anyConversation = fc.oneof({ weight: 4, arbitrary: own }, { weight: 1, arbitrary: named });
export const anyFields = fc.constantFrom<Record<string, string>>(
  { text: 'one' },
  { text: 'two' },
  { text: 'two', more: 'x' },
);
/** Which entry of a conversation, from the newest back. */
export const back = fc.nat(9);
/** A time far away, or none: lives are short. */
export const anyUntil = fc.constantFrom('2099-01-01T00:00:00.000Z', '2099-06-01T00:00:00.000Z', '');

/** What the names mean in a world: a step names who is there, so that it is not in vain. */
export function resolve<Params extends object>(world: World, params: Params): Params {
  const { uid, gid, to, whom } = params as { uid?: string; gid?: string; to?: string; whom?: string };
  const group = world.groups.get(gid ?? '');
  const there = [...world.users.keys()].sort();
  const someone = (name: string) => (world.users.has(name) ? name : there[UIDS.indexOf(name) % there.length]!);
  const actor = uid === 'owner' ? (group?.owner ?? there[0]) : uid === undefined || uid === '' ? uid : someone(uid);
  const resolved = { ...params } as Record<string, unknown>;
  if (actor !== undefined) resolved.uid = actor;
  if (to?.startsWith('own:') && actor) {
    const logs = [...world.users.get(actor)!.marks.keys()].sort();
    const log = logs[Number(to.slice(4)) % logs.length];
    resolved.to = log === undefined ? `user:${there.at(-1)}` : conversationOf(actor, log);
  }
  if (whom === 'requester') resolved.whom = [...(group?.requests ?? [])][0] ?? UIDS[1];
  if (whom === 'member') resolved.whom = [...(group?.members ?? [])].sort().at(-1) ?? UIDS[2];
  return resolved as Params;
}
