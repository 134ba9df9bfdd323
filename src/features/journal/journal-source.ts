import { isNumberedAfter, isNumberedSuccessor } from '../../delivery/numbered.ts';
import type { ByeReason } from '../../delivery/sink.ts';
import type { PageLimits, Start, StreamPage } from '../../delivery/source.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { OLDEST } from '../../domain/positions.ts';
import { refuse } from '../../domain/refusals.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { type Cursor, formatStreamId } from '../../domain/stream-ids.ts';
import type { Journal, JournalFollower, JournalItem } from './journal.ts';

/** How often a consumer that reads says that it is there, ms: no retention is shorter than many times this. */
const RENEW_MS = 60_000;

/** After what the consumer has acknowledged. */
export const ACKNOWLEDGED = 'acknowledged';

/** A space's journal as a stream, read by one of its consumers. Entries reach it by reading: the feed only says that there are some. */
export class JournalSource implements JournalFollower {
  readonly isOfServer = true;
  readonly itemName = 'entry';
  readonly kind: Journal;
  readonly space: SpaceName;
  readonly key: string;
  readonly reader: Uid;
  readonly consumer: string;
  #renewedAt = 0;

  constructor(journal: Journal, consumer: string) {
    this.kind = journal;
    this.space = journal.space;
    this.key = journal.key;
    // No user can be called so: nothing that is of users is meant for it.
    this.reader = `~journal:${consumer}` as Uid;
    this.consumer = consumer;
  }

  /** The position that `start` means right now. Refuses `consumer_not_found`. */
  async resolve(start: Start | typeof ACKNOWLEDGED): Promise<Cursor> {
    const isCursor = start !== ACKNOWLEDGED && start !== 'oldest' && start !== 'now';
    // It may have been resolved before.
    if (isCursor && this.#renewedAt > 0) return start;
    const { end, acknowledged } = await this.#renew();
    if (start === ACKNOWLEDGED) return acknowledged;
    if (start === 'oldest') return formatStreamId(OLDEST) as Cursor;
    return start === 'now' ? end : start;
  }

  /** Refuses `consumer_not_found`. */
  async page(start: Start, limits: PageLimits): Promise<StreamPage<JournalItem>> {
    const after = await this.resolve(start);
    // Whoever is slow reads for long, and has no heartbeat meanwhile.
    if (Date.now() - this.#renewedAt > RENEW_MS) await this.#renew();
    return this.kind.page(this.consumer, after, limits);
  }

  endedBy(error: unknown): ByeReason | undefined {
    if (!(error instanceof ImError)) return undefined;
    if (error.code === 'space_removed') return 'space_removed';
    return error.code === 'consumer_not_found' ? 'consumer_removed' : undefined;
  }

  cursorOf(): Cursor {
    throw new Error('the feed has no entries of a journal');
  }

  isSuccessor(id: Cursor, cursor: Cursor): boolean {
    return isNumberedSuccessor(id, cursor);
  }

  isAfter(id: Cursor, cursor: Cursor): boolean {
    return isNumberedAfter(id, cursor);
  }

  async #renew(): Promise<{ end: Cursor; acknowledged: Cursor }> {
    const { end, acknowledged } = await this.kind.renew([this.consumer]);
    const [own] = acknowledged;
    if (own === undefined) return refuse('consumer_not_found', this.consumer);
    this.#renewedAt = Date.now();
    return { end, acknowledged: own };
  }
}
