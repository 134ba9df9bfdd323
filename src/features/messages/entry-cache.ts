import { LRUCache } from 'lru-cache';
import type { LogName } from '../../domain/conversations.ts';
import { addTo, removeFrom } from '../../domain/multimap.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { KeptEntry } from './kept-entry.ts';

/** Names one entry of one log. */
export interface MessageRef {
  log: LogName;
  id: MessageId;
}

/** Bytes of recent messages that a node remembers. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Entries of logs that were read lately. A deletion can't be overtaken: what was asked for before it, and is answered
 * after it, is not taken.
 */
export class EntryCache {
  readonly #entries = new LRUCache<string, KeptEntry>({
    maxSize: MAX_BYTES,
    sizeCalculation: sizeOf,
    dispose: (_entry, key, reason) => {
      if (reason !== 'set') this.#drop(key);
    },
  });
  /** The keys of each log, so that a log is deleted at the cost of what is kept of it. */
  readonly #keysOf = new Map<LogName, Set<string>>();
  #generation = 0;

  /** How many deletions there were. Whoever is about to read notes it, and passes it to {@link add}. */
  get generation(): number {
    return this.#generation;
  }

  get(ref: MessageRef): KeptEntry | undefined {
    return this.#entries.get(keyOf(ref));
  }

  /** Keeps an entry that was asked for at this generation, unless something was deleted since. */
  add(ref: MessageRef, entry: KeptEntry, generation: number): void {
    if (generation !== this.#generation) return;
    const key = keyOf(ref);
    addTo(this.#keysOf, ref.log, key);
    this.#entries.set(key, entry);
  }

  /** Which edits there are is known to the node alone that has erased; so what is kept of the log is looked through. */
  deleteWithEdits(ref: MessageRef): void {
    this.#generation++;
    this.#entries.delete(keyOf(ref));
    for (const key of this.#keysOf.get(ref.log) ?? []) {
      const edit = this.#entries.peek(key)?.entry;
      if (edit?.action === 'edit' && edit.target === ref.id) this.#entries.delete(key);
    }
  }

  deleteLog(log: LogName): void {
    this.#generation++;
    for (const key of this.#keysOf.get(log) ?? []) this.#entries.delete(key);
  }

  clear(): void {
    this.#generation++;
    this.#entries.clear();
  }

  #drop(key: string): void {
    removeFrom(this.#keysOf, key.slice(0, key.indexOf(' ')) as LogName, key);
  }
}

/** No name of a log has a space. */
function keyOf(ref: MessageRef): string {
  return `${ref.log} ${ref.id}`;
}

/** As if it had been rendered for both readers of a direct chat. */
function sizeOf({ size }: KeptEntry): number {
  return 3 * (200 + size);
}
