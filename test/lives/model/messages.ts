import { allows } from '../../../src/domain/policy.ts';
import { checkBlocks, takesMessages, tellDirect } from './people.ts';
import { type Entry, type Fields, isChange, isGroup, logName, nameOf, refuse, type World } from './world.ts';

/** What people say, and what becomes of it. */

export interface Sending {
  /** Of an event, which the server puts there. */
  action?: 'custom' | undefined;
  fields: Fields;
  clientMessageId?: string | undefined;
  replyTo?: Entry | undefined;
  mentions?: string[] | undefined;
}

/** Sends; `repeated` where this was sent before. */
export function send(world: World, from: string, conversation: string, sending: Sending) {
  const { action, fields, clientMessageId, replyTo, mentions } = sending;
  const name = logName(from, conversation);
  const user = world.users.get(from) ?? refuse('user_not_found');
  const key = `${name} ${from} ${clientMessageId}`;
  const content = JSON.stringify([action, fields, replyTo?.id, mentions]);
  if (isGroup(conversation)) world.group(nameOf(conversation));
  const earlier = clientMessageId === undefined ? undefined : world.sends.get(key);
  // Of a former user or group of the same name it is none of ours.
  if (earlier && earlier.user === user && !earlier.log.isRemoved) {
    if (earlier.content !== content) refuse('client_message_id_reused');
    return { outcome: 'repeated', entry: earlier.entry } as const;
  }
  checkMaySend(world, from, conversation);
  if (replyTo && (!canRead(world, from, replyTo) || replyTo.erased || replyTo.action || replyTo.log.name !== name)) {
    refuse('message_not_found');
  }
  checkMentions(world, from, conversation, mentions ?? []);
  const said = { from, action, fields, clientMessageId, replyTo, mentions: mentions?.includes('*') ? ['*'] : mentions };
  let entry: Entry;
  if (isGroup(conversation)) {
    const group = world.group(nameOf(conversation));
    entry = world.tell(group.log, said, group.members);
    if (!action) user.marks.set(name, entry.seq);
  } else {
    entry = tellDirect(world, from, nameOf(conversation), said);
  }
  if (clientMessageId !== undefined) world.sends.set(key, { user, log: entry.log, entry, content });
  return { outcome: 'sent', entry } as const;
}

function checkMentions(world: World, from: string, conversation: string, mentions: string[]): void {
  const group = isGroup(conversation) ? world.group(nameOf(conversation)) : undefined;
  if (mentions.includes('*')) {
    if (!group) refuse('mention_outside');
    if (!allows('mentionAll', group.roleOf(from))) refuse('forbidden');
    return;
  }
  for (const uid of mentions) {
    const isIn = uid === from || (group ? group.members.has(uid) : uid === nameOf(conversation));
    if (!isIn) refuse('mention_outside');
  }
}

function checkMaySend(world: World, from: string, conversation: string): void {
  if (!isGroup(conversation)) {
    const peer = nameOf(conversation);
    if (!world.users.has(peer)) refuse('user_not_found');
    if (peer === from) return;
    checkBlocks(world, from, peer);
    if (!takesMessages(world, peer, from)) refuse('contacts_only');
    return;
  }
  const group = world.group(nameOf(conversation));
  if (!group.members.has(from)) refuse('not_member');
  if (group.silenced.has(from)) refuse('silenced');
  const action = group.policies.postPolicy === 'admins' ? 'sendRestricted' : 'send';
  if (!allows(action, group.roleOf(from))) refuse('posting_restricted');
}

/** Who may read a conversation now. */
export function checkReading(world: World, reader: string, conversation: string): void {
  if (isGroup(conversation)) {
    if (!world.group(nameOf(conversation)).members.has(reader)) refuse('not_member');
  } else if (!world.users.has(nameOf(conversation)) && !world.logs.get(logName(reader, conversation))?.end) {
    refuse('user_not_found');
  }
}

export function canRead(world: World, reader: string, entry: Entry): boolean {
  return !entry.log.isRemoved && entry.seq > world.floorOf(reader, entry.log.name);
}

/** Who is in the conversation and can read the entry. */
function readersOf(world: World, reader: string, conversation: string, entry: Entry): string[] {
  const all = isGroup(conversation) ? world.group(nameOf(conversation)).members : [reader, nameOf(conversation)];
  return [...all].filter((uid) => canRead(world, uid, entry));
}

function find(world: World, actor: string, entry: Entry): void {
  if (!canRead(world, actor, entry) || isChange(entry)) refuse('message_not_found');
}

/** Merges fields; returns whether anything changed. */
export function edit(world: World, actor: string, conversation: string, entry: Entry, fields: Fields): void {
  checkMaySend(world, actor, conversation);
  find(world, actor, entry);
  if (entry.erased) refuse('message_erased');
  if (entry.action || entry.author !== world.users.get(actor)) refuse('forbidden');
  const before = entry.edited ?? entry.fields;
  const merged = { ...before, ...fields };
  if (Object.entries(merged).every(([name, value]) => before[name] === value)) return;
  const readers = readersOf(world, actor, conversation, entry);
  entry.edits.push(world.tell(entry.log, { from: actor, action: 'edit', target: entry, fields: merged }, readers));
  entry.edited = merged;
}

/** Erases, with edits and reactions. Everybody is told, who had it before as well. */
export function erase(world: World, actor: string, conversation: string, entry: Entry): void {
  checkReading(world, actor, conversation);
  if (!canRead(world, actor, entry)) refuse('message_not_found');
  if (entry.erased && isChange(entry)) refuse('message_not_found');
  if (entry.erased) return;
  const group = isGroup(conversation) ? world.group(nameOf(conversation)) : undefined;
  const ofOthers = group !== undefined && allows('erase', group.roleOf(actor));
  if (entry.action || (entry.author !== world.users.get(actor) && !ofOthers)) refuse('forbidden');
  const recipients = group ? group.members : [actor, nameOf(conversation)];
  world.erase(entry, actor, recipients);
}

/** Adds a reaction or takes it back. The author is told of a person's first, if it can read what it is about. */
export function react(
  world: World,
  actor: string,
  conversation: string,
  entry: Entry,
  reaction: string,
  change: 'add' | 'remove',
): void {
  checkMaySend(world, actor, conversation);
  find(world, actor, entry);
  if (entry.erased && change === 'add') refuse('message_erased');
  if (entry.erased) return;
  if (entry.action) refuse('forbidden');
  const people = entry.reactions.get(reaction) ?? [];
  if (people.includes(actor) === (change === 'add')) return;
  if (change === 'add') entry.reactions.set(reaction, [...people, actor]);
  else if (people.length > 1)
    entry.reactions.set(
      reaction,
      people.filter((uid) => uid !== actor),
    );
  else entry.reactions.delete(reaction);
  const isFirst = !entry.reactors.has(actor);
  entry.reactors.add(actor);
  if (!isFirst || entry.from === actor) return;
  if (!readersOf(world, actor, conversation, entry).includes(entry.from)) return;
  const told = { from: actor, action: 'react', target: entry, fields: { reaction } };
  world.deliver(
    {
      ...entry,
      ...told,
      edits: [],
      replyTo: undefined,
      mentions: undefined,
      clientMessageId: undefined,
      by: undefined,
    },
    [entry.from],
    true,
  );
}
