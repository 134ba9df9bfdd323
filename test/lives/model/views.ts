import { listed, newestShown, unreadOf } from './conversations.ts';
import { canRead, checkReading } from './messages.ts';
import { conversationOf, type Entry, isChange, type Log, logName, type Received, refuse, type World } from './world.ts';

/** What the service has to answer, as JSON; times that only the server knows are not said (see ../answers.ts). */

/** As an inbox has it: as it was written, or what stands for it. */
export function received({ conversation, entry, isWhole }: Received): object {
  if (!isWhole && (entry.erased || entry.log.isRemoved)) {
    return { id: entry.id, conversation, action: 'gone', fields: {} };
  }
  return written(conversation, entry);
}

/** As it was written. */
export function written(conversation: string, entry: Entry): object {
  const { id, from, action, target, by, clientMessageId, replyTo, mentions, fields } = entry;
  return withoutAbsent({
    id: action === 'delete' || action === 'react' ? undefined : id,
    conversation,
    from,
    action,
    target: target?.id,
    by,
    clientMessageId,
    replyTo: replyTo?.id,
    mentions,
    fields,
  });
}

/** As a history has it. */
export function shown(reader: string, entry: Entry): object {
  const conversation = conversationOf(reader, entry.log.name);
  const { id, from, erased, edited } = entry;
  if (erased) {
    const by = erased.by === from ? undefined : erased.by;
    return withoutAbsent({ id, conversation, from, action: 'gone', by, fields: {}, erasedAt: true });
  }
  const replies = repliesTo(entry).filter((reply) => !reply.erased).length;
  const reactions = [...entry.reactions].map(([reaction, people]) => {
    return { reaction, count: people.length, mine: people.includes(reader) };
  });
  return withoutAbsent({
    ...written(conversation, entry),
    ...(edited ? { fields: edited, editedAt: true } : {}),
    replyCount: replies || undefined,
    reactions: reactions.length > 0 ? reactions : undefined,
  });
}

function repliesTo(entry: Entry): Entry[] {
  return entry.log.entries.filter(({ replyTo }) => replyTo === entry);
}

/** What a history shows, the oldest first. */
export function history(world: World, reader: string, conversation: string): object[] {
  checkReading(world, reader, conversation);
  const log = world.logs.get(logName(reader, conversation));
  return (log?.entries ?? [])
    .filter((entry) => !isChange(entry) && canRead(world, reader, entry))
    .map((entry) => shown(reader, entry));
}

export function single(world: World, reader: string, conversation: string, entry: Entry): object {
  checkReading(world, reader, conversation);
  if (!canRead(world, reader, entry) || isChange(entry)) refuse('message_not_found');
  return shown(reader, entry);
}

export function replies(world: World, reader: string, conversation: string, entry: Entry): object[] {
  single(world, reader, conversation, entry);
  return repliesTo(entry)
    .filter(({ erased }) => !erased)
    .map((reply) => shown(reader, reply));
}

export function reactors(world: World, reader: string, conversation: string, entry: Entry): Map<string, Set<string>> {
  single(world, reader, conversation, entry);
  const people = new Map<string, Set<string>>();
  for (const [reaction, uids] of entry.reactions) {
    for (const uid of uids) people.set(uid, (people.get(uid) ?? new Set()).add(reaction));
  }
  return people;
}

export function summary(world: World, uid: string, log: Log): object {
  const user = world.users.get(uid)!;
  const unread = unreadOf(world, uid, log);
  const mark = user.marks.get(log.name)!;
  return withoutAbsent({
    conversation: conversationOf(uid, log.name),
    unread: unread.length,
    mentions: unread.filter(({ mentions }) => mentions?.some((one) => one === uid || one === '*')).length,
    last: shown(uid, newestShown(log)!),
    readUpTo: log.entries[mark - 1]?.id,
    ...user.settings.get(log.name),
  });
}

export function conversations(world: World, uid: string): object[] {
  return listed(world, uid).map((log) => summary(world, uid, log));
}

export function unreadTotal(world: World, uid: string): object {
  const total = { unread: 0, mentions: 0 };
  for (const one of conversations(world, uid) as {
    unread: number;
    mentions: number;
    mutedUntil?: string;
    archived?: true;
  }[]) {
    if (one.archived || one.mutedUntil) continue;
    total.unread += one.unread;
    total.mentions += one.mentions;
  }
  return total;
}

export function members(world: World, gid: string): object[] {
  const group = world.group(gid);
  return [...group.members].sort().map((uid) => {
    return withoutAbsent({ uid, role: group.roleOf(uid), silencedUntil: group.silenced.get(uid) });
  });
}

function withoutAbsent(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
