import type { FeedEntry } from '../../delivery/feed-entry.ts';
import { isNumberedAfter, isNumberedSuccessor } from '../../delivery/numbered.ts';
import type { ByeReason } from '../../delivery/sink.ts';
import type { MessageItem, PageLimits, Start, StreamPage } from '../../delivery/source.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { type Cursor, formatStreamId, parseStreamId } from '../../domain/stream-ids.ts';
import type { Inbox, InboxReader } from './inbox.ts';

/** A user's inbox as a stream: its reader is the user, and its cursors are the ids of its entries, without holes. */
export class InboxSource implements InboxReader {
  readonly kind: Inbox;
  readonly isInbox = true;
  readonly space: SpaceName;
  readonly key: string;
  readonly reader: Uid;
  /** Of the user whose inbox was read first; another one is a user of the same name that was made since. */
  #incarnation: string | undefined;

  constructor(inbox: Inbox, uid: Uid) {
    this.kind = inbox;
    this.space = inbox.space;
    this.key = inbox.keyOf(uid);
    this.reader = uid;
  }

  /** Refuses `user_not_found`, also where there is one that was made after the reader was removed. */
  async page(start: Start, limits: PageLimits): Promise<StreamPage<MessageItem>> {
    const from = parseStreamId(start) ?? (start as 'oldest' | 'now');
    const page = await this.kind.page(this.reader, from, limits);
    if (!this.follows(page.incarnation)) {
      throw new ImError('user_not_found', `The user "${this.reader}" was removed, and another one was made since.`);
    }
    return { ...page, from: formatStreamId(page.from) as Cursor, next: formatStreamId(page.next) as Cursor };
  }

  /** The first user that it hears of is the one that it follows; `''` is none. */
  follows(incarnation: string): boolean {
    if (incarnation !== '') this.#incarnation ??= incarnation;
    return incarnation === this.#incarnation;
  }

  endedBy(error: unknown): ByeReason | undefined {
    if (!(error instanceof ImError)) return undefined;
    if (error.code === 'space_removed') return 'space_removed';
    return error.code === 'user_not_found' ? 'user_removed' : undefined;
  }

  cursorOf(entry: FeedEntry, number?: string): Cursor {
    return (entry.epoch + number) as Cursor;
  }

  isSuccessor(id: Cursor, cursor: Cursor): boolean {
    return isNumberedSuccessor(id, cursor);
  }

  isAfter(id: Cursor, cursor: Cursor): boolean {
    return isNumberedAfter(id, cursor);
  }
}
