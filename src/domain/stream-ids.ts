import type { Branded } from './names.ts';

/**
 * Stream ids are pairs of unsigned 64-bit integers. They are kept as the canonical text that Redis prints and compared
 * as pairs of bigints: neither a string comparison nor a double orders them rightly.
 */

/** The id of a message in its log: `<ms>-<seq>`. */
export type MessageId = Branded<'MessageId'>;
/** A concrete position in a stream that is followed; in an inbox `<epoch>-<n>`. */
export type Cursor = Branded<'Cursor'>;

/** What a stream id looks like; {@link parseStreamId} checks the 64-bit range as well. */
export const STREAM_ID_PATTERN = '^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})$';
const STREAM_ID = new RegExp(STREAM_ID_PATTERN);
const MAX = 0xffff_ffff_ffff_ffffn;

/** A stream id taken apart. */
export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

/** True if `text` is a stream id. Without big integers as long as neither half can exceed 64 bits. */
export function isStreamId(text: string): boolean {
  return (text.length <= 20 && STREAM_ID.test(text)) || parseStreamId(text) !== undefined;
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

/** As {@link successor}, from text to text: without big integers as long as the number fits into a double. */
export function successorText(id: string): string {
  const start = id.indexOf('-') + 1;
  if (id.length - start > 15) return formatStreamId(successor(parseStreamId(id)!));
  return id.slice(0, start) + (Number(id.slice(start)) + 1);
}

/** Whether `id` directly follows `other`, as {@link successorText} has it; on the way of every delivery, so it makes no text. */
export function isSuccessorText(id: string, other: string): boolean {
  const start = other.indexOf('-') + 1;
  if (id.length - start > 15 || other.length - start > 15) return id === successorText(other);
  for (let i = 0; i < start; i++) if (id.charCodeAt(i) !== other.charCodeAt(i)) return false;
  return numberFrom(id, start) === numberFrom(other, start) + 1;
}

/** The number that a canonical id of two numbers ends with, from its first digit on. */
function numberFrom(id: string, start: number): number {
  let number = 0;
  for (let i = start; i < id.length; i++) number = 10 * number + id.charCodeAt(i) - 48;
  return number;
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

/** The time of a message, RFC 3339 in UTC, read from its id. Out-of-range times become the last one there is. */
export function sentAt(id: MessageId): string {
  const ms = Math.min(sentAtMs(id), 8.64e15);
  const within = ms % 1_000;
  const start = ms - within;
  // Messages of one second come together: to put a time into words takes longer than to read the whole id.
  if (start !== second.start) second = { start, text: new Date(start).toISOString().slice(0, -4) };
  return `${second.text}${String(within).padStart(3, '0')}Z`;
}

/** The second that was put into words last, up to its dot. */
let second = { start: 0, text: new Date(0).toISOString().slice(0, -4) };

/** The same, ms since 1970. */
export function sentAtMs(id: MessageId): number {
  return Number(id.slice(0, id.indexOf('-')));
}
