import type { Conversation } from './conversations.ts';
import { fieldsFrom, type Message, parseEntry, type ReactionCount, toMessage } from './entries.ts';
import type { Uid } from './names.ts';
import { type MessageId, sentAt } from './stream-ids.ts';

/** What `shown` of src/redis/lua/shown.lua replies of one message. */
export type RawShown =
  | [kind: 'entry', id: string, flat: string[], edit: string, reactions: string, mine: string, replies: string]
  | [kind: 'erased', tombstone: string];

/** A message as a history shows it: with its newest fields and what it was answered with; or what stands in its place. */
export function toShownMessage(conversation: Conversation, raw: RawShown): Message {
  if (raw[0] === 'erased') return toTombstone(conversation, raw[1]);
  const [, id, flat, edit, reactions, mine, replies] = raw;
  const message = toMessage(conversation, id as MessageId, parseEntry([id, flat]));
  if (edit) {
    const { at, fields } = JSON.parse(edit) as { at: string; fields: string[] };
    message.fields = fieldsFrom(fields);
    message.editedAt = new Date(Number(at)).toISOString();
  }
  if (replies && replies !== '0') message.replyCount = Number(replies);
  if (reactions) message.reactions = reactionCounts(reactions, mine);
  return message;
}

/** Reactions as they are kept, `<reaction> <count> …`. */
export function reactionsFrom(kept: string): Omit<ReactionCount, 'mine'>[] {
  const counts: Omit<ReactionCount, 'mine'>[] = [];
  for (const [, reaction, count] of kept.matchAll(/(\S+) (\d+)/g)) {
    counts.push({ reaction: reaction!, count: Number(count) });
  }
  return counts;
}

/** The same for a reader who reacted with `mine`, with spaces in between. */
export function reactionCounts(kept: string, mine: string): ReactionCount[] {
  const own = new Set(mine.split(' '));
  return reactionsFrom(kept).map((one) => ({ ...one, mine: own.has(one.reaction) }));
}

/** What stands in place of an erased message, as `er:<log>` has it. */
export function toTombstone(conversation: Conversation, tombstone: string): Message {
  const [id, , from, by, at] = tombstone.split(' ') as [MessageId, string, Uid, Uid, string];
  return {
    id,
    conversation,
    from,
    action: 'gone',
    ...(by === from ? {} : { by }),
    fields: {},
    sentAt: sentAt(id),
    erasedAt: new Date(Number(at)).toISOString(),
  };
}
