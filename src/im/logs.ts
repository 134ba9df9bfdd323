import { LRUCache } from 'lru-cache';
import type { LogName, MessageId } from '../ids.ts';
import type { RawEntry } from '../redis/command.ts';
import type { Store } from '../redis/store.ts';
import { type LogEntry, parseEntry } from './message.ts';

/** Names one entry of one log. */
export interface MessageRef {
  log: LogName;
  id: MessageId;
}

/** Bytes of recent messages that a node remembers. */
const CACHE_BYTES = 16 * 1024 * 1024;

/**
 * Reads conversations' logs. Recent messages are remembered, since a group's message is read by all its members; an
 * erasure is forgotten at once through {@link forget}, which the feed calls.
 */
export class Logs {
  readonly #store: Store;
  readonly #recent = new LRUCache<string, LogEntry>({ maxSize: CACHE_BYTES, sizeCalculation: sizeOf });

  constructor(store: Store) {
    this.#store = store;
  }

  /** The entries that `refs` name, in their order; undefined where one is gone. One round trip at most. */
  async hydrate(refs: readonly MessageRef[]): Promise<(LogEntry | undefined)[]> {
    const found = refs.map((ref) => this.#recent.get(cacheKey(ref)));
    const missing = refs.flatMap((ref, index) => (found[index] ? [] : [{ ref, index }]));
    if (missing.length === 0) return found;
    const runs = runsOf(missing);
    const pipeline = this.#store.redis.pipeline();
    for (const run of runs) pipeline.xrange(this.#store.keys.log(run[0]!.ref.log), run[0]!.ref.id, run.at(-1)!.ref.id);
    const replies = (await pipeline.exec()) ?? [];
    runs.forEach((run, i) => {
      const [error, entries] = replies[i]!;
      if (error) {
        // A log that somebody has overwritten with another type reads as if its messages were gone.
        if (error.message.startsWith('WRONGTYPE')) return;
        throw error;
      }
      // Those that are gone are missing; and where somebody has made up a reference, there may be others.
      const byId = new Map(entries as RawEntry[]);
      for (const { ref, index } of run) {
        const flat = byId.get(ref.id);
        if (flat) found[index] = this.remember(ref, parseEntry([ref.id, flat]));
      }
    });
    return found;
  }

  /** The newest entry of each log; undefined where there is none. */
  async newest(logs: readonly LogName[]): Promise<(LogEntry | undefined)[]> {
    if (logs.length === 0) return [];
    const pipeline = this.#store.redis.pipeline();
    for (const log of logs) pipeline.xrevrange(this.#store.keys.log(log), '+', '-', 'COUNT', 1);
    const replies = (await pipeline.exec()) ?? [];
    return replies.map(([error, entries]) => {
      if (error) throw error;
      const raw = (entries as RawEntry[])[0];
      return raw && parseEntry(raw);
    });
  }

  /** Keeps an entry for those who read it next. */
  remember(ref: MessageRef, entry: LogEntry): LogEntry {
    this.#recent.set(cacheKey(ref), entry);
    return entry;
  }

  /** Forgets one entry, since it was erased; or all, since the feed may have told of an erasure that was missed. */
  forget(ref?: MessageRef): void {
    if (ref) this.#recent.delete(cacheKey(ref));
    else this.#recent.clear();
  }
}

interface Missing {
  ref: MessageRef;
  /** Where it belongs in the answer. */
  index: number;
}

/**
 * Takes together what one XRANGE can read: entries of a log whose numbers follow one another, since a log has no holes.
 * A conversation that was read for long is a few ranges, not thousands.
 */
function runsOf(missing: readonly Missing[]): Missing[][] {
  const runs: Missing[][] = [];
  const open = new Map<LogName, Missing[]>();
  for (const one of missing) {
    const run = open.get(one.ref.log);
    if (run && numberOf(one.ref.id) === numberOf(run.at(-1)!.ref.id) + 1) run.push(one);
    else {
      const begun = [one];
      open.set(one.ref.log, begun);
      runs.push(begun);
    }
  }
  return runs;
}

/** The number of an entry in its log. One that no double can hold follows no other, and is read alone. */
function numberOf(id: MessageId): number {
  const text = id.slice(id.indexOf('-') + 1);
  return text.length > 15 ? NaN : Number(text);
}

function cacheKey(ref: MessageRef): string {
  return `${ref.log} ${ref.id}`;
}

function sizeOf(entry: LogEntry): number {
  let bytes = 200;
  for (const name in entry.fields) bytes += name.length + entry.fields[name]!.length;
  return bytes;
}
