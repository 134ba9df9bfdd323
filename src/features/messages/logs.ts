import type { LogName } from '../../domain/conversations.ts';
import type { RawEntry } from '../../domain/entries.ts';
import { type LogEntry, parseEntry } from '../../domain/entries.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import { EntryCache, type EntryPlace } from './entry-cache.ts';
import { KeptEntry } from './kept-entry.ts';

/** Names one entry of one log. */
interface MessageRef {
  log: LogName;
  id: MessageId;
}

/**
 * Reads conversations' logs. Recent messages are remembered, since a group's message is read by all its members. What was
 * erased or removed has to be forgotten: by the node that did it before it answers, by the others when the feed tells.
 */
export class Logs {
  readonly #store: Store;
  readonly #recent: EntryCache;

  /** @param recent what is remembered, of all spaces */
  constructor(store: Store, recent = new EntryCache()) {
    this.#store = store;
    this.#recent = recent;
  }

  /** The entries that `refs` name, in their order; undefined where one is gone. One round trip at most. */
  async hydrate(refs: readonly MessageRef[]): Promise<(LogEntry | undefined)[]> {
    return (await this.read(refs)).map((kept) => kept?.entry);
  }

  /** As {@link hydrate}, with what they were rendered to. */
  async read(refs: readonly MessageRef[]): Promise<(KeptEntry | undefined)[]> {
    const found = this.#remembered(refs);
    if (!found.includes(undefined)) return found;
    const missing = refs.flatMap((ref, index) => (found[index] ? [] : [{ ref, index }]));
    const runs = runsOf(missing);
    const { generation } = this.#recent;
    const replies = await Promise.all(runs.map((run) => this.#range(run)));
    runs.forEach((run, i) => {
      // Those that are gone are missing; and where somebody has made up a reference, there may be others.
      const byId = new Map(replies[i]);
      for (const { ref, index } of run) {
        const flat = byId.get(ref.id);
        if (!flat) continue;
        const entry = new KeptEntry(parseEntry([ref.id, flat]));
        found[index] = entry;
        this.#recent.add(this.#place(ref), entry, generation);
      }
    });
    return found;
  }

  /** How many times something was forgotten. Whoever is about to read a log notes it, and passes it to {@link keep}. */
  get generation(): number {
    return this.#recent.generation;
  }

  /** Remembers an entry that was read at this generation; the one that is known where it was read before. */
  keep(log: LogName, raw: RawEntry, generation: number): KeptEntry {
    const place = this.#place({ log, id: raw[0] as MessageId });
    const known = this.#recent.get(place);
    if (known) return known;
    const entry = new KeptEntry(parseEntry(raw));
    this.#recent.add(place, entry, generation);
    return entry;
  }

  /** The newest entry of each log; undefined where there is none. */
  async newest(logs: readonly LogName[]): Promise<(LogEntry | undefined)[]> {
    const { redis, keys } = this.#store;
    const replies = await Promise.all(logs.map((log) => redis.xrevrange(keys.log(log), '+', '-', 'COUNT', 1)));
    return replies.map(([raw]) => raw && parseEntry(raw as RawEntry));
  }

  /** Forgets an entry that was erased, and the edits of it. */
  forget(ref: MessageRef): void {
    this.#recent.deleteWithEdits(this.#place(ref));
  }

  /** Forgets all of a log that was removed. */
  forgetLog(log: LogName): void {
    this.#recent.deleteLog(this.#keyOf(log));
  }

  /** Those that are remembered. Who comes back has read much of one log: its key is made once. */
  #remembered(refs: readonly MessageRef[]): (KeptEntry | undefined)[] {
    let log: LogName | undefined;
    let key = '';
    return refs.map((ref) => {
      if (ref.log !== log) {
        log = ref.log;
        key = this.#keyOf(log);
      }
      return this.#recent.get({ key, id: ref.id });
    });
  }

  /** A run of entries. A log that somebody has overwritten with another type reads as if its messages were gone. */
  async #range(run: readonly Missing[]): Promise<RawEntry[]> {
    const { log, id } = run[0]!.ref;
    try {
      return (await this.#store.redis.xrange(this.#store.keys.log(log), id, run.at(-1)!.ref.id)) as RawEntry[];
    } catch (error) {
      if ((error as Error).message.startsWith('WRONGTYPE')) return [];
      throw error;
    }
  }

  /** An entry as it is remembered beside those of other spaces. */
  #place({ log, id }: MessageRef): EntryPlace {
    return { key: this.#keyOf(log), id };
  }

  /** The key of a log, under which its entries are remembered: logs of two spaces may have one name. */
  #keyOf(log: LogName): string {
    return this.#store.keys.log(log);
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
