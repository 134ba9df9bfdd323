import { conversationOf, type Fields, logName, refuse, type Said, User, type World } from './world.ts';

/** What happens to users and between two of them. */

export function putUser(world: World, uid: string, fields: Fields): void {
  const user = world.users.get(uid);
  if (user) user.fields = fields;
  else world.users.set(uid, new User(uid, fields));
}

/**
 * Removes a user: it leaves its groups, and a new one of the name reads nothing of the direct chats up to now.
 *
 * @param order its groups in the order in which it leaves them
 */
export function removeUser(world: World, uid: string, order: readonly string[]): void {
  const user = world.users.get(uid);
  if (!user) {
    if (!world.removed.has(uid)) refuse('user_not_found');
    return;
  }
  for (const { owner } of world.groups.values()) if (owner === uid) refuse('owner_must_hand_over');
  world.users.delete(uid);
  world.removed.add(uid);
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
  for (const { requests, bans, silenced } of world.groups.values()) {
    for (const set of [requests, bans, silenced]) set.delete(uid);
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
  tellDirect(world, uid, peer, { from: uid, action: 'link', fields: {} });
  user.contacts.add(`user:${peer}`);
  return true;
}

export function unlink(world: World, uid: string, peer: string): void {
  world.users.get(uid)?.contacts.delete(`user:${peer}`);
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
