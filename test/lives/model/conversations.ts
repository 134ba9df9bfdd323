import { canRead, checkReading } from './messages.ts';
import { isBlocked } from './people.ts';
import {
  conversationOf,
  type Entry,
  isChange,
  isGroup,
  type Log,
  logName,
  nameOf,
  refuse,
  type Settings,
  type World,
} from './world.ts';

/** One's own view of conversations. */

/** Whether the list has it: hidden ones come back with what is new. */
export function isListed(world: World, uid: string, log: Log): boolean {
  const newest = newestShown(log);
  return newest !== undefined && newest.seq > world.floorOf(uid, log.name);
}

export function newestShown(log: Log): Entry | undefined {
  return log.entries.findLast((entry) => !isChange(entry));
}

function checkListed(world: World, uid: string, conversation: string): Log {
  const log = world.logs.get(logName(uid, conversation));
  if (!log || !world.users.get(uid)?.marks.has(log.name) || !isListed(world, uid, log))
    refuse('conversation_not_found');
  return log;
}

export function markRead(world: World, uid: string, conversation: string, upTo: Entry, tellsOthers: boolean): void {
  const log = world.logs.get(logName(uid, conversation));
  const user = world.users.get(uid)!;
  const mark = log && user.marks.get(log.name);
  if (!log || mark === undefined) refuse('conversation_not_found');
  if (!canRead(world, uid, upTo) || (upTo.erased && isChange(upTo))) refuse('message_not_found');
  checkListed(world, uid, conversation);
  if (mark < upTo.seq) user.marks.set(log.name, upTo.seq);
  patchSettings(world, uid, conversation, { markedUnread: false });
  const people = isGroup(conversation)
    ? world.group(nameOf(conversation)).members
    : new Set([uid, nameOf(conversation)]);
  if (!isGroup(conversation) && isBlocked(world, uid, nameOf(conversation))) return;
  if (tellsOthers && people.size > 1) log.receipts.set(uid, Math.max(upTo.seq, log.receipts.get(uid) ?? 0));
}

export interface SettingsPatch {
  /** RFC 3339; '' ends it. */
  mutedUntil?: string;
  pinned?: boolean;
  archived?: boolean;
  markedUnread?: boolean;
}

export function patchSettings(world: World, uid: string, conversation: string, patch: SettingsPatch): void {
  const log = checkListed(world, uid, conversation);
  const settings: Settings = { ...world.users.get(uid)!.settings.get(log.name) };
  if (patch.mutedUntil) settings.mutedUntil = patch.mutedUntil;
  else if (patch.mutedUntil === '') delete settings.mutedUntil;
  for (const name of ['pinned', 'archived', 'markedUnread'] as const) {
    if (patch[name]) settings[name] = true;
    else if (patch[name] === false) delete settings[name];
  }
  world.users.get(uid)!.settings.set(log.name, settings);
}

export function hide(world: World, uid: string, conversation: string): void {
  const log = world.logs.get(logName(uid, conversation));
  const user = world.users.get(uid)!;
  if (!log || !user.marks.has(log.name)) return;
  user.marks.set(log.name, log.end);
  user.settings.delete(log.name);
  world.setFloor(uid, log.name, log.end);
}

/** What is not read of a conversation. */
export function unreadOf(world: World, uid: string, log: Log): Entry[] {
  const mark = world.users.get(uid)!.marks.get(log.name) ?? 0;
  return log.entries.filter(({ seq, action, erased }) => seq > mark && !action && !erased);
}

export function receiptsOf(world: World, uid: string, conversation: string) {
  const name = logName(uid, conversation);
  if (isGroup(conversation)) checkReading(world, uid, conversation);
  else if (!world.users.get(uid)!.marks.has(name)) refuse('conversation_not_found');
  const log = world.log(name);
  const people = isGroup(conversation)
    ? world.group(nameOf(conversation)).members
    : new Set([uid, nameOf(conversation)]);
  const isTold = (person: string) =>
    person === uid || isGroup(conversation) || !isBlocked(world, uid, nameOf(conversation));
  return [...people].sort().map((person) => {
    const seq = isTold(person) ? (log.receipts.get(person) ?? 0) : 0;
    return seq > world.floorOf(uid, name) ? { uid: person, readUpTo: log.entries[seq - 1]!.id } : { uid: person };
  });
}

/** All of one's conversations, the one with the newest entry first. */
export function listed(world: World, uid: string): Log[] {
  const logs = [...world.users.get(uid)!.marks.keys()].map((name) => world.log(name));
  const place = (log: Log) => newestShown(log)!.id.split('-').map(Number) as [number, number];
  return logs
    .filter((log) => isListed(world, uid, log))
    .sort((a, b) => {
      const [[aMs, aSeq], [bMs, bSeq]] = [place(a), place(b)];
      if (aMs !== bMs) return bMs - aMs;
      if (aSeq !== bSeq) return bSeq - aSeq;
      return conversationOf(uid, a.name) < conversationOf(uid, b.name) ? -1 : 1;
    });
}
