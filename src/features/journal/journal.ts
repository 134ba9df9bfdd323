import { gapBetween, inRounds, pageAfter } from '../../delivery/numbered.ts';
import type { PageLimits, Source, SourceKind, Standing, StreamItem, StreamPage } from '../../delivery/source.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import { type Cursor, formatStreamId, parseStreamId, rangeAfter } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import type { Logs } from '../messages/logs.ts';
import { readJournal, renew } from './commands.ts';
import { JournalEntry, type RawJournalEntry } from './journal-entry.ts';

/** Where one finds what the journal does not have any more: what a backend keeps of it is read anew. */
const BACKFILL = '/v1/users';

/** Whoever follows a journal, as one of its consumers. */
export interface JournalFollower extends Source<JournalItem> {
  readonly consumer: string;
}

/** An entry of the journal, as it is told. */
export interface JournalItem extends StreamItem {
  readonly entry: JournalEntry;
}

/** Reads what was decided in a space, once each, in the order in which it was. */
export class Journal implements SourceKind {
  readonly #store: Store;
  readonly #logs: Logs;
  readonly #showsText: boolean;

  /** @param showsText whether notifications have the texts of messages */
  constructor(store: Store, logs: Logs, showsText = false) {
    this.#store = store;
    this.#logs = logs;
    this.#showsText = showsText;
  }

  get space(): SpaceName {
    return this.#store.keys.space;
  }

  /** The full name of the journal's key. */
  get key(): string {
    return this.#store.keys.journal();
  }

  /** Consumers are there: each wants the journal for its retention from now on. Where it ends, and what each has acknowledged. */
  renew(consumers: readonly string[]): Promise<{ end: Cursor; acknowledged: (Cursor | undefined)[] }> {
    return this.#store.run(renew, consumers);
  }

  /** What comes after a position, as far as one page goes. Refuses `consumer_not_found`. */
  async page(consumer: string, after: Cursor, { count, maxBytes }: PageLimits): Promise<StreamPage<JournalItem>> {
    const read = await this.#store.run(readJournal, { name: consumer, start: rangeAfter(after), count });
    const position = parseStreamId(after)!;
    const { resumed, next, ...page } = await pageAfter(position, read, (entries) =>
      inRounds(entries, maxBytes, (some) => this.#itemsOf(some)),
    );
    if (!resumed) return { ...page, from: after, next: formatStreamId(next) as Cursor };
    // How many are missing is not known: for a while nobody may have wanted it, and nothing was written.
    const { lost: _, ...gap } = gapBetween(position, resumed);
    return { ...page, from: after, next: formatStreamId(next) as Cursor, gap: { ...gap, backfill: BACKFILL } };
  }

  /** Entries as they are told now: what was erased since has no text. */
  async render(raw: readonly RawJournalEntry[]): Promise<JournalItem[]> {
    return (await this.#itemsOf(raw)).map(({ item }) => item);
  }

  /** Where the journal ends, once for all who follow it; whose consumer is not there any more is sent away. */
  async verify(followers: readonly JournalFollower[]): Promise<Standing[]> {
    const { end, acknowledged } = await this.renew(followers.map(({ consumer }) => consumer));
    return acknowledged.map((is): Standing => (is === undefined ? { ended: 'consumer_removed' } : { newest: end }));
  }

  async #itemsOf(raw: readonly RawJournalEntry[]): Promise<{ item: JournalItem; size: number }[]> {
    const entries = raw.map((one) => new JournalEntry(one));
    const refs = entries.flatMap(({ message }) => (message ? [message] : []));
    const found = refs.length > 0 ? await this.#logs.read(refs) : [];
    let nextFound = 0;
    return entries.map((entry) => {
      const json = entry.render(entry.message ? found[nextFound++] : undefined, this.#showsText);
      return { item: { cursor: entry.cursor, entry, json }, size: json.length };
    });
  }
}
