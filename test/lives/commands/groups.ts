import fc from 'fast-check';
import { gid as asGid, uid as asUid, server, user } from '../../helpers/im.ts';
import { step } from '../life.ts';
import * as groups from '../model/groups.ts';
import type { Fields, Policies } from '../model/world.ts';
import { anyActor, anyFields, anyGid, anyUid, anyUntil, anyWhom, UIDS } from '../names.ts';

/** Groups are made, joined, led and removed. */

const as = (uid: string) => (uid === '' ? server : user(uid));

const policies = fc.record(
  {
    joinPolicy: fc.constantFrom('open', 'approval', 'approval', 'closed'),
    postPolicy: fc.constantFrom('members', 'members', 'admins'),
    historyPolicy: fc.constantFrom('all', 'joined'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<Policies>>;

const put = step<{ uid: string; gid: string; fields: Fields; policies: Partial<Policies> }>(
  'putGroup',
  { uid: anyUid, gid: anyGid, fields: anyFields, policies },
  async ({ world, node, agree }, { uid, gid, fields, policies }) => {
    await agree(
      () => groups.putGroup(world, uid, gid, fields, policies),
      () => node.groups.put(user(uid), asGid(gid), { fields, ...policies }),
      ({ created }) => created,
    );
  },
);

interface Acting {
  uid: string;
  gid: string;
}
interface ActingOn extends Acting {
  whom: string;
}
const acting = { uid: anyActor, gid: anyGid };
const actingOn = { ...acting, whom: anyWhom };

const patch = step<Acting & { patch: groups.GroupPatch }>(
  'patchGroup',
  {
    ...acting,
    patch: fc.record(
      { fields: anyFields, policies, owner: anyUid },
      { requiredKeys: ['policies'] },
    ) as fc.Arbitrary<groups.GroupPatch>,
  },
  async ({ world, node, agree }, { uid, gid, patch: { fields, policies, owner } }) => {
    await agree(
      () =>
        groups.patchGroup(world, uid, gid, { policies, ...(fields ? { fields } : {}), ...(owner ? { owner } : {}) }),
      () =>
        node.groups.patch(as(uid), asGid(gid), {
          fields,
          ...policies,
          owner: owner === undefined ? owner : asUid(owner),
        }),
    );
  },
);

const remove = step<Acting>(
  'removeGroup',
  { uid: anyUid, gid: anyGid },
  async ({ world, node, agree }, { uid, gid }) => {
    await agree(
      () => groups.removeGroup(world, uid, gid),
      () => node.groups.remove(as(uid), asGid(gid)),
    );
  },
);

const joinIt = step<Acting>('join', { uid: anyUid, gid: anyGid }, async ({ world, node, agree }, { uid, gid }) => {
  await agree(
    () => groups.join(world, uid, gid, uid, 'join'),
    () => node.members.join(user(uid), asGid(gid), asUid(uid)),
    ({ outcome }) => outcome,
  );
});

const add = step<ActingOn>('add', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.join(world, uid, gid, whom, 'join'),
    () => node.members.join(as(uid), asGid(gid), asUid(whom)),
    ({ outcome }) => outcome,
  );
});

const addMany = step<Acting & { uids: string[] }>(
  'addMany',
  { ...acting, uids: fc.shuffledSubarray(UIDS, { minLength: 1 }) },
  async ({ world, node, agree }, { uid, gid, uids }) => {
    await agree(
      () => groups.addMembers(world, uid, gid, uids),
      () => node.members.add(as(uid), asGid(gid), uids.map(asUid)),
      (results) => results.map((one) => ('error' in one ? one.error.code : one.created ? 'joined' : 'already')),
    );
  },
);

const approve = step<ActingOn>('approve', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.join(world, uid, gid, whom, 'approve') === 'joined',
    () => node.members.approve(as(uid), asGid(gid), asUid(whom)),
    ({ created }) => created,
  );
});

const turnDown = step<ActingOn>('refuse', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.turnDown(world, uid, gid, whom),
    () => node.members.refuse(as(uid), asGid(gid), asUid(whom)),
  );
});

const leave = step<Acting>('quit', { uid: anyUid, gid: anyGid }, async ({ world, node, agree }, { uid, gid }) => {
  await agree(
    () => groups.quit(world, uid, gid, uid),
    () => node.members.quit(user(uid), asGid(gid), asUid(uid)),
  );
});

const takeOut = step<ActingOn>('takeOut', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.quit(world, uid, gid, whom),
    () => node.members.quit(as(uid), asGid(gid), asUid(whom)),
  );
});

const changeMember = step<ActingOn & { patch: groups.MemberPatch }>(
  'changeMember',
  {
    ...actingOn,
    patch: fc.record(
      { role: fc.constantFrom('admin', 'member'), silencedUntil: anyUntil },
      { requiredKeys: [] },
    ) as fc.Arbitrary<groups.MemberPatch>,
  },
  async ({ world, node, agree }, { uid, gid, whom, patch }) => {
    const { role, silencedUntil } = patch;
    const silencedUntilMs = silencedUntil === undefined ? undefined : Date.parse(silencedUntil) || 0;
    await agree(
      () => groups.changeMember(world, uid, gid, whom, patch),
      () => node.members.change(as(uid), asGid(gid), asUid(whom), { role, silencedUntilMs }),
    );
  },
);

const ban = step<ActingOn>('ban', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.ban(world, uid, gid, whom),
    () => node.bans.ban(as(uid), asGid(gid), asUid(whom)),
    ({ created }) => created,
  );
});

const lift = step<ActingOn>('lift', actingOn, async ({ world, node, agree }, { uid, gid, whom }) => {
  await agree(
    () => groups.lift(world, uid, gid, whom),
    () => node.bans.lift(as(uid), asGid(gid), asUid(whom)),
  );
});

export const GROUPS = [
  put,
  put,
  patch,
  patch,
  remove,
  joinIt,
  joinIt,
  add,
  addMany,
  approve,
  turnDown,
  leave,
  takeOut,
  changeMember,
  changeMember,
  ban,
  lift,
];
