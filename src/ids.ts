/**
 * The identifiers of the domain, parsed once at the edge and trusted from there on.
 *
 * Stream ids are pairs of unsigned 64-bit integers. They are kept as the canonical text that Redis prints and
 * compared as pairs of bigints: neither a string comparison nor a double orders them rightly.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A user's id. */
export type Uid = Branded<'Uid'>;
/** A group's id. */
export type Gid = Branded<'Gid'>;
/** A conversation as its reader names it: `user:<uid>` or `group:<gid>`. */
export type Conversation = Branded<'Conversation'>;
/** The name of a conversation's log without the key prefix: `gs:<gid>` or `ds:<lo>:<hi>`. */
export type LogName = Branded<'LogName'>;
/** The id of a message in its log: `<ms>-<seq>`. */
export type MessageId = Branded<'MessageId'>;
/** A concrete position in an inbox: `<epoch>-<n>`. */
export type Cursor = Branded<'Cursor'>;

/** How many characters a uid and a gid have at most. */
export const MAX_NAME = 64;
/** What a uid and a gid look like. `me` is reserved: in a path it is the token's own user. */
export const NAME_PATTERN = '^(?!me$)[A-Za-z0-9][A-Za-z0-9._@+~|-]{0,63}$';
/** What a clientMessageId looks like. */
export const CLIENT_MESSAGE_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@+~|-]{0,63}$';
/** What a conversation looks like. */
export const CONVERSATION_PATTERN = '^(user|group):(?!me$)[A-Za-z0-9][A-Za-z0-9._@+~|-]{0,63}$';
/** What a stream id looks like; {@link parseStreamId} checks the 64-bit range as well. */
export const STREAM_ID_PATTERN = '^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})$';
const NAME = new RegExp(NAME_PATTERN);
const STREAM_ID = new RegExp(STREAM_ID_PATTERN);
const MAX = 0xffff_ffff_ffff_ffffn;

/** True if `text` is a well-formed uid or gid. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** A stream id taken apart. */
export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

/** Parses `<ms>-<seq>`; undefined if it is malformed or one of the two exceeds 64 bits. */
export function parseStreamId(text: string): StreamId | undefined {
  const match = STREAM_ID.exec(text);
  if (!match) return undefined;
  const ms = BigInt(match[1]!);
  const seq = BigInt(match[2]!);
  return ms > MAX || seq > MAX ? undefined : { ms, seq };
}

/** The text of a stream id, as Redis prints it. */
export function formatStreamId(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}

/** Negative, zero or positive as `a` is before, the same as, or after `b`. */
export function compareStreamIds(a: StreamId, b: StreamId): number {
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1;
  if (a.seq !== b.seq) return a.seq < b.seq ? -1 : 1;
  return 0;
}

/** The id that directly follows `id`. */
export function successor(id: StreamId): StreamId {
  return id.seq === MAX ? { ms: id.ms + 1n, seq: 0n } : { ms: id.ms, seq: id.seq + 1n };
}

/**
 * As {@link successor}, from text to text: on the way of every delivery, so without big integers as long as the number
 * fits into a double.
 */
export function successorText(id: string): string {
  const start = id.indexOf('-') + 1;
  if (id.length - start > 15) return formatStreamId(successor(parseStreamId(id)!));
  return id.slice(0, start) + (Number(id.slice(start)) + 1);
}

/** The id that `id` directly follows. */
export function predecessor(id: StreamId): StreamId {
  if (id.seq > 0n) return { ms: id.ms, seq: id.seq - 1n };
  return id.ms > 0n ? { ms: id.ms - 1n, seq: MAX } : id;
}

/** Everything after `id`, as the start of XRANGE. Redis refuses `(` in front of the last id of all. */
export function rangeAfter(id: string): string {
  return id === `${MAX}-${MAX}` ? '+' : `(${id}`;
}

/** Everything before `id`, as the end of XRANGE. Redis refuses `(` in front of the first id of all. */
export function rangeBefore(id: string): string {
  return id === '0-0' ? '-' : `(${id}`;
}

/** The log that holds a conversation of `reader`. */
export function logOf(reader: Uid, conversation: Conversation): LogName {
  const name = conversation.slice(conversation.indexOf(':') + 1);
  return conversation.startsWith('group:') ? groupLog(name as Gid) : directLog(reader, name as Uid);
}

/** The log of a direct chat: the two names in bytewise order, which is JavaScript's for ASCII. */
export function directLog(one: Uid, other: Uid): LogName {
  return (one < other ? `ds:${one}:${other}` : `ds:${other}:${one}`) as LogName;
}

/** The log of a group. */
export function groupLog(gid: Gid): LogName {
  return `gs:${gid}` as LogName;
}

/** A direct chat as its reader names it. */
export function withUser(peer: Uid): Conversation {
  return `user:${peer}` as Conversation;
}

/** A conversation's parts: the other person, or the group. */
export function parseConversation(conversation: Conversation): { peer: Uid } | { gid: Gid } {
  const name = conversation.slice(conversation.indexOf(':') + 1);
  return conversation.startsWith('group:') ? { gid: name as Gid } : { peer: name as Uid };
}

/** How `reader` names the conversation that `log` holds. */
export function conversationOf(reader: Uid, log: LogName): Conversation {
  const [kind, first, second] = log.split(':');
  if (kind === 'gs') return `group:${first}` as Conversation;
  return `user:${first === reader ? second : first}` as Conversation;
}

/** The time of a message, RFC 3339 in UTC, read from its id. Out-of-range times become the last one there is. */
export function sentAt(id: MessageId): string {
  const ms = Number(id.slice(0, id.indexOf('-')));
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}
