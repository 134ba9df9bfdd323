import { setTimeout as sleep } from 'node:timers/promises';
import type { Hub } from '../delivery/hub.ts';
import { poll } from '../delivery/transports/long-poll.ts';
import { ImError } from '../domain/errors.ts';
import type { Cursor } from '../domain/stream-ids.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal, JournalItem } from '../features/journal/journal.ts';
import { ACKNOWLEDGED, JournalSource } from '../features/journal/journal-source.ts';

/** How long a look at the journal waits, ms. */
const BLOCK_MS = 10_000;
/** How long to wait after something of our own went wrong, ms. */
const PAUSE_MS = 1_000;

export interface FollowerOptions {
  hub: Hub;
  journal: Journal;
  consumers: Consumers;
  consumer: string;
  /** Ends it. */
  signal: AbortSignal;
  /** How many entries to read at once. */
  count(): number;
  /** There is no such consumer (any more): makes it, and says where it begins. */
  begin(): Promise<Cursor>;
  /** The journal does not have everything that came after the checkpoint. */
  missed(reason: string): Promise<void>;
  /** Deals with some entries. When this resolves the checkpoint moves over them. */
  take(items: readonly JournalItem[]): Promise<void>;
  /** It has moved. */
  taken(): Promise<void>;
}

/** Follows a journal as one of its consumers, from its checkpoint on, until something goes wrong. */
export async function followJournal(options: FollowerOptions): Promise<void> {
  const { hub, journal, consumers, consumer, signal } = options;
  const source = new JournalSource(journal, consumer);
  let position = await source.resolve(ACKNOWLEDGED).catch((error: unknown) => {
    if (!(error instanceof ImError && error.code === 'consumer_not_found')) throw error;
    return options.begin();
  });
  while (!signal.aborted) {
    const count = options.count();
    const page = await poll(hub, source, position, { count, blockMs: BLOCK_MS, signal, check: async () => {} });
    if (signal.aborted) return;
    if (page.gap) await options.missed(page.gap.reason);
    await options.take(page.items);
    if (signal.aborted) return;
    if (page.next !== position) await consumers.acknowledge(consumer, page.next);
    position = page.next;
    await options.taken();
  }
}

/** Works again and again until it is ended; after something went wrong, with a pause. */
export async function keepOn(
  work: () => Promise<void>,
  { signal, failed }: { signal: AbortSignal; failed: (error: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      await pause(PAUSE_MS, signal);
    }
  }
}

/** Waits, unless it is ended. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
