import type { DirectPolicy } from '../../../src/domain/policy.ts';
import { conversationOf, type Fields, logName, refuse, type Said, User, type World } from './world.ts';

/** What happens to users and between two of them. */

export function putUser(world: World, uid: string, fields: Fields, directPolicy?: DirectPolicy): User {
  const user = world.users.get(uid) ?? new User(uid, fields);
  user.fields = fields;
  if (directPolicy) user.directPolicy = directPolicy;
  world.users.set(uid, user);
  return user;
}

/**
 * Removes a user: it leaves its groups, and a new one of the name reads nothing of the direct chats up to now.
 *
 * @param order its groups in the order in which it leaves them
 * @param places where it is told of its messages first, which are all erased; undefined where they stay
 */
export function removeUser(world: World, uid: string, order: readonly string[], places?: readonly string[]): void {
  const user = world.users.get(uid);
  if (!user) {
    const removed = world.removed.get(uid);
    if (!removed || (places && !removed.hasErased)) refuse('user_not_found');
    return;
  }
  for (const { owner } of world.groups.values()) if (owner === uid) refuse('owner_must_hand_over');
  world.users.delete(uid);
  world.removed.set(uid, { hasErased: places !== undefined });
  if (places) eraseAll(world, user, places);
  for (const gid of order) {
    const group = world.group(gid);
    world.tell(group.log, { from: uid, action: 'quit', fields: {} }, group.members);
    leave(world, gid, uid);
  }
  for (const log of user.marks.keys()) {
    if (log.startsWith('gs:')) continue;
    world.setFloor(uid, log, world.log(log).end);
    world.log(log).receipts.delete(uid);
  }
  for (const { blocks } of world.users.values()) blocks.delete(uid);
  for (const { requests, bans, silenced } of world.groups.values()) {
    for (const set of [requests, bans, silenced]) set.delete(uid);
  }
}

/** Wherever there is something that the user has sent, also if nobody names the place. */
function eraseAll(world: World, user: User, places: readonly string[]): void {
  for (const name of new Set([...places, ...world.logs.keys()])) {
    const log = world.logs.get(name);
    // Whoever has left a group remembers it longer than there is one.
    if (!log || log.isRemoved) continue;
    const recipients = name.startsWith('gs:') ? world.group(name.slice(3)).members : name.split(':').slice(1);
    for (const entry of [...log.entries]) {
      if (entry.author === user && !entry.action && !entry.erased) world.erase(entry, user.uid, recipients);
    }
  }
}

/** The member is one no more: what it had of the group is gone, but that it is silenced. */
export function leave(world: World, gid: string, uid: string): void {
  const group = world.group(gid);
  for (const set of [group.members, group.admins, group.log.receipts]) set.delete(uid);
  forget(world, uid, `gs:${gid}`);
}

export function forget(world: World, uid: string, log: string): void {
  const user = world.users.get(uid);
  user?.marks.delete(log);
  user?.settings.delete(log);
  user?.contacts.delete(conversationOf(uid, log));
  world.floors.get(uid)?.delete(log);
}

export function link(world: World, uid: string, peer: string): boolean {
  const user = world.users.get(uid) ?? refuse('user_not_found');
  if (!world.users.has(peer)) refuse('user_not_found');
  if (user.contacts.has(`user:${peer}`)) return false;
  checkBlocks(world, uid, peer);
  // Who takes messages of contacts alone is asked once.
  const isFirst = world.log(logName(uid, `user:${peer}`)).end === 0;
  if (takesMessages(world, peer, uid) || isFirst)
    tellDirect(world, uid, peer, { from: uid, action: 'link', fields: {} });
  user.contacts.add(`user:${peer}`);
  return true;
}

export function unlink(world: World, uid: string, peer: string): void {
  world.users.get(uid)?.contacts.delete(`user:${peer}`);
}

/** Blocks somebody; returns whether this is new. */
export function block(world: World, uid: string, peer: string): boolean {
  if (uid === peer) refuse('invalid_request');
  const user = world.users.get(uid) ?? refuse('user_not_found');
  if (!world.users.has(peer)) refuse('user_not_found');
  if (user.blocks.has(peer)) return false;
  user.blocks.add(peer);
  return true;
}

export function unblock(world: World, uid: string, peer: string): void {
  world.users.get(uid)?.blocks.delete(peer);
}

/** Whether one of two has blocked the other. */
export function isBlocked(world: World, one: string, other: string): boolean {
  const has = (who: string, whom: string) => world.users.get(who)?.blocks.has(whom) === true;
  return has(one, other) || has(other, one);
}

/** Refuses what goes from one to the other where either has blocked the other. */
export function checkBlocks(world: World, from: string, peer: string): void {
  if (world.users.get(peer)?.blocks.has(from)) refuse('blocked');
  if (world.users.get(from)?.blocks.has(peer)) refuse('must_unblock');
}

export function takesMessages(world: World, uid: string, from: string): boolean {
  const user = world.users.get(uid);
  return user?.directPolicy !== 'contacts' || user.contacts.has(`user:${from}`);
}

/** Something that one does, and so has read, unless the server did it; the conversation is there for both by it. */
export function tellDirect(world: World, from: string, peer: string, said: Said) {
  const log = world.log(logName(from, `user:${peer}`));
  const before = log.end;
  const entry = world.tell(log, said, [from, peer]);
  if (said.action !== 'custom') world.users.get(from)?.marks.set(log.name, entry.seq);
  for (const { marks } of [world.users.get(from), world.users.get(peer)].filter((one) => one !== undefined)) {
    if (!marks.has(log.name)) marks.set(log.name, before);
  }
  return entry;
}
