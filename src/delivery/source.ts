import type { Message } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { Cursor } from '../domain/stream-ids.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { ByeReason } from './sink.ts';

/** Where a reader starts: the oldest entry kept, from now on, or after a cursor. */
export type Start = 'oldest' | 'now' | Cursor;

/** What a reader missed, said in place of silence. */
export interface Gap {
  /** `trimmed`: the stream no longer keeps it. `reset`: data was lost, and the ids started anew. */
  reason: 'trimmed' | 'reset';
  requested: Cursor;
  /** Reading went on after this cursor. */
  resumed: Cursor;
  /** How many entries, where that is known. */
  lost?: number;
  /** Where to find what was missed. */
  backfill: string;
}

/** What is at one place of a stream. */
export interface StreamItem {
  readonly cursor: Cursor;
  /** As JSON. */
  readonly json: string;
}

/** A message, and its place in a stream. */
export interface MessageItem extends StreamItem {
  readonly message: Message;
}

/** How large a page may become. The bytes are checked every few entries, so it may be exceeded by those. */
export interface PageLimits {
  count: number;
  maxBytes: number;
}

/** A piece of a stream. A gap is always in front of the items, never between them. */
export interface StreamPage<Item extends StreamItem = StreamItem> {
  items: Item[];
  gap?: Gap;
  /** Where it was asked to start, as a position: what `oldest` or `now` meant in the moment of reading. */
  from: Cursor;
  /** The position after the last item (or after the gap, or where the page started). */
  next: Cursor;
  /** Whether `next` was the newest position there was at the moment of reading. */
  upToDate: boolean;
  /** Whether the cursor lay beyond everything that the stream ever had, which only lost data (or a made-up cursor) can do. */
  beyond: boolean;
  /** The epoch at the moment of reading. */
  epoch: string;
}

/** What a heartbeat vouches for: where a stream ends; or why its reader may not read it any more. */
export type Standing = { newest: Cursor } | { ended: ByeReason };

/** What is asked of many sources of one kind at once. */
export interface SourceKind {
  /** How each of them stands at this moment, in their order, in one round trip. */
  verify(sources: readonly Source[]): Promise<Standing[]>;
}

/**
 * A stream as one reader follows it: what is in it, which entry follows which, and whether the reader still may read it.
 * Delivery knows nothing else of it, and a cursor only as a text that its source understands. Made for one reader and
 * one opening of the stream, since what it has seen (which user this is) is compared with what comes later.
 */
export interface Source<Item extends StreamItem = StreamItem> {
  readonly kind: SourceKind;
  /** The space that it is of. */
  readonly space: SpaceName;
  /** The full name of the stream's key: what the feed's entries are matched with. */
  readonly key: string;
  /** Whose stream it is: counted in what one user may have open, and sent away when it is removed. */
  readonly reader: Uid;
  /** Set where it is the reader's inbox. */
  readonly isInbox?: true;
  /** Set where no user reads it but the server's own backend: there are no signals beside it, and it shows nobody's presence. */
  readonly isOfServer?: true;
  /** What an item is called where it is no message. */
  readonly itemName?: 'entry';
  /**
   * What comes after a position, as far as one page goes; of `now`, that there is nothing. Holes are found here: what is
   * missing in front of the items is told as a gap. Refuses a reader that may not read (any more), which is looked up in
   * the same moment.
   */
  page(start: Start, limits: PageLimits): Promise<StreamPage<Item>>;
  /**
   * The cursor of what the feed tells of this stream.
   *
   * @param number of the entry in the reader's inbox; absent where the stream is the entry's log
   */
  cursorOf(entry: FeedEntry, number?: string): Cursor;
  /** Why the stream ends if it could not be read because of this error; undefined if another try may succeed. */
  endedBy(error: unknown): ByeReason | undefined;
  /** Whether nothing can lie between the two, so that `id` may be delivered to who has everything up to `cursor`. */
  isSuccessor(id: Cursor, cursor: Cursor): boolean;
  /** Whether `id` is a position that comes later than `cursor`. Takes what is no position at all as before any. */
  isAfter(id: Cursor, cursor: Cursor): boolean;
}

/** The position that `start` means right now. Refuses a reader that may not read. */
export async function positionOf(source: Source, start: Start): Promise<Cursor> {
  const { from } = await source.page(start, { count: 0, maxBytes: 0 });
  return from;
}
