import { type Action, allows, refusalOf } from '../../../src/domain/policy.ts';
import { checkBlocks, forget, isBlocked, leave, tellDirect } from './people.ts';
import { type Fields, Group, Log, nextEntry, type Policies, refuse, type World } from './world.ts';

/** What happens in groups. `actor` is a uid, or '' for the server. */

function check(group: Group, action: Action, actor: string): void {
  if (actor !== '' && !allows(action, group.roleOf(actor))) refuse(refusalOf(action));
}

/** What is done to the owner or an admin is the owner's business. */
function checkOn(group: Group, action: Action, actor: string, uid: string): void {
  check(group, group.roleOf(uid) === 'member' ? action : 'moderateAdmins', actor);
}

function by(actor: string, uid: string): string | undefined {
  return actor !== '' && actor !== uid ? actor : undefined;
}

/** Creates a group, or replaces its fields; returns whether it was created. */
export function putGroup(
  world: World,
  actor: string,
  gid: string,
  fields: Fields,
  policies: Partial<Policies>,
): boolean {
  const known = world.groups.get(gid);
  if (known) {
    change(world, known, actor, fields, policies);
    return false;
  }
  if (!world.users.has(actor)) refuse('user_not_found');
  const log = new Log(`gs:${gid}`);
  world.logs.set(log.name, log);
  const group = new Group(gid, actor, log);
  group.fields = fields;
  Object.assign(group.policies, policies);
  world.groups.set(gid, group);
  group.members.add(actor);
  const { seq } = world.tell(log, { from: actor, action: 'create', fields: {} }, [actor]);
  enter(world, group, actor, seq);
  return true;
}

export interface GroupPatch {
  fields?: Fields;
  policies: Partial<Policies>;
  owner?: string;
}

export function patchGroup(world: World, actor: string, gid: string, patch: GroupPatch): void {
  const group = world.group(gid);
  change(world, group, actor, { ...group.fields, ...patch.fields }, patch.policies, patch.owner);
}

function change(
  world: World,
  group: Group,
  actor: string,
  fields: Fields,
  policies: Partial<Policies>,
  owner = group.owner,
): void {
  const changed = Object.entries(policies).some(([name, value]) => group.policies[name as keyof Policies] !== value);
  if (owner !== group.owner) check(group, 'handOver', actor);
  if (changed) check(group, 'policies', actor);
  check(group, 'edit', actor);
  if (owner !== group.owner) {
    if (!world.users.has(owner)) refuse('user_not_found');
    if (!group.members.has(owner)) refuse('member_not_found');
  }
  if (changed || JSON.stringify(fields) !== JSON.stringify(group.fields)) {
    world.tell(group.log, { from: actor || group.owner, action: 'update', fields: {} }, group.members);
  }
  if (owner !== group.owner) {
    world.tell(group.log, { from: group.owner, action: 'owner', fields: { owner } }, group.members);
    group.owner = owner;
    group.admins.delete(owner);
    group.silenced.delete(owner);
  }
  group.fields = fields;
  Object.assign(group.policies, policies);
}

export function removeGroup(world: World, actor: string, gid: string): void {
  const group = world.groups.get(gid);
  if (!group) return;
  check(group, 'delete', actor);
  const { log, members, owner } = group;
  const entry = nextEntry(log, { from: owner, action: 'delete', fields: {} });
  log.isRemoved = true;
  world.groups.delete(gid);
  world.logs.delete(log.name);
  for (const uid of members) forget(world, uid, log.name);
  world.deliver(entry, members, true);
}

/** Joins, asks to, or is added; by `approve` whoever asked is let in. */
export function join(world: World, actor: string, gid: string, uid: string, mode: 'join' | 'approve') {
  const group = world.group(gid);
  const action = mode === 'approve' ? 'approve' : 'add';
  const isAdmitting = actor === '' || allows(action, group.roleOf(actor));
  if (!isAdmitting && (mode === 'approve' || actor !== uid)) check(group, action, actor);
  if (!world.users.has(uid)) refuse('user_not_found');
  if (group.members.has(uid)) return 'already';
  if (group.bans.has(uid)) refuse('banned');
  if (mode === 'approve' && !group.requests.has(uid)) refuse('request_not_found');
  if (!isAdmitting) {
    if (group.policies.joinPolicy === 'closed') refuse('join_closed');
    if (group.policies.joinPolicy === 'approval') {
      if (!group.requests.has(uid)) {
        checkBlocks(world, uid, group.owner);
        tellDirect(world, uid, group.owner, { from: uid, action: 'request', fields: { group: gid } });
        group.requests.add(uid);
      }
      return 'requested';
    }
  }
  admit(world, group, actor, [uid]);
  return 'joined';
}

export function addMembers(world: World, actor: string, gid: string, uids: readonly string[]): string[] {
  const group = world.group(gid);
  check(group, 'add', actor);
  const joined: string[] = [];
  const outcomes = uids.map((uid) => {
    if (group.members.has(uid) || joined.includes(uid)) return 'already';
    if (!world.users.has(uid)) return 'user_not_found';
    if (group.bans.has(uid)) return 'banned';
    joined.push(uid);
    return 'joined';
  });
  if (joined.length > 0) admit(world, group, actor, joined);
  return outcomes;
}

function admit(world: World, group: Group, actor: string, uids: string[]): void {
  const before = group.log.end;
  const [first] = uids as [string];
  const fields: Fields = uids.length > 1 ? { members: uids.join(' ') } : {};
  for (const uid of uids) group.members.add(uid);
  const { seq } = world.tell(group.log, { from: first, action: 'join', by: by(actor, first), fields }, group.members);
  for (const uid of uids) {
    if (group.policies.historyPolicy === 'joined') world.setFloor(uid, group.log.name, before);
    group.requests.delete(uid);
    enter(world, group, uid, seq);
  }
}

function enter(world: World, group: Group, uid: string, seq: number): void {
  const user = world.users.get(uid)!;
  user.contacts.add(`group:${group.gid}`);
  user.marks.set(group.log.name, seq);
}

export function quit(world: World, actor: string, gid: string, uid: string): void {
  const group = world.group(gid);
  if (actor !== uid) checkOn(group, 'remove', actor, uid);
  if (!group.members.has(uid)) return;
  if (uid === group.owner) refuse('owner_must_hand_over');
  world.tell(group.log, { from: uid, action: 'quit', by: by(actor, uid), fields: {} }, group.members);
  leave(world, gid, uid);
}

export function turnDown(world: World, actor: string, gid: string, uid: string): void {
  const group = world.group(gid);
  if (actor !== uid) check(group, 'approve', actor);
  if (!group.requests.has(uid)) return;
  if (actor !== uid && !isBlocked(world, uid, group.owner)) {
    const said = { from: group.owner, action: 'refuse', by: by(actor, group.owner), fields: { group: gid } };
    tellDirect(world, group.owner, uid, said);
  }
  group.requests.delete(uid);
}

export interface MemberPatch {
  role?: 'admin' | 'member';
  /** RFC 3339; '' lifts a silence. */
  silencedUntil?: string;
}

export function changeMember(world: World, actor: string, gid: string, uid: string, patch: MemberPatch): void {
  const group = world.group(gid);
  const { role, silencedUntil } = patch;
  if (role !== undefined) check(group, 'appoint', actor);
  else if (silencedUntil !== undefined) checkOn(group, 'silence', actor, uid);
  if (role !== undefined && silencedUntil !== undefined) checkOn(group, 'silence', actor, uid);
  if (!group.members.has(uid)) refuse('member_not_found');
  if (uid === group.owner) refuse('owner_must_hand_over');
  const event = { from: uid, by: by(actor, uid) };
  if (role !== undefined && role !== group.roleOf(uid)) {
    world.tell(group.log, { ...event, action: 'role', fields: { role } }, group.members);
    if (role === 'admin') group.admins.add(uid);
    else group.admins.delete(uid);
  }
  if (silencedUntil !== undefined && silencedUntil !== (group.silenced.get(uid) ?? '')) {
    const fields: Fields = silencedUntil === '' ? {} : { until: silencedUntil };
    world.tell(group.log, { ...event, action: 'silence', fields }, group.members);
    if (silencedUntil === '') group.silenced.delete(uid);
    else group.silenced.set(uid, silencedUntil);
  }
}

export function ban(world: World, actor: string, gid: string, uid: string): boolean {
  const group = world.group(gid);
  checkOn(group, 'ban', actor, uid);
  if (uid === group.owner) refuse('owner_must_hand_over');
  if (!world.users.has(uid)) refuse('user_not_found');
  if (group.bans.has(uid)) return false;
  if (group.members.has(uid)) {
    world.tell(group.log, { from: uid, action: 'ban', by: by(actor, uid), fields: {} }, group.members);
    leave(world, gid, uid);
  }
  group.requests.delete(uid);
  // A ban takes the place of a silence.
  group.silenced.delete(uid);
  group.bans.add(uid);
  return true;
}

export function lift(world: World, actor: string, gid: string, uid: string): void {
  const group = world.group(gid);
  check(group, 'ban', actor);
  group.bans.delete(uid);
}
