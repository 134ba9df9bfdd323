import { LRUCache } from 'lru-cache';
import { addTo, removeFrom } from '../../domain/multimap.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { KeptEntry } from './kept-entry.ts';

/** One entry of one log, which is named by its full key: spaces have logs of the same name. */
export interface EntryPlace {
  key: string;
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
  readonly #namesOf = new Map<string, Set<string>>();
  #generation = 0;

  /** How many deletions there were. Whoever is about to read notes it, and passes it to {@link add}. */
  get generation(): number {
    return this.#generation;
  }

  get(place: EntryPlace): KeptEntry | undefined {
    return this.#entries.get(nameOf(place));
  }

  /** Keeps an entry that was asked for at this generation, unless something was deleted since. */
  add(place: EntryPlace, entry: KeptEntry, generation: number): void {
    if (generation !== this.#generation) return;
    const key = nameOf(place);
    addTo(this.#namesOf, place.key, key);
    this.#entries.set(key, entry);
  }

  /** Which edits there are is known to the node alone that has erased; so what is kept of the log is looked through. */
  deleteWithEdits(place: EntryPlace): void {
    this.#generation++;
    this.#entries.delete(nameOf(place));
    for (const key of this.#namesOf.get(place.key) ?? []) {
      const edit = this.#entries.peek(key)?.entry;
      if (edit?.action === 'edit' && edit.target === place.id) this.#entries.delete(key);
    }
  }

  deleteLog(logKey: string): void {
    this.#generation++;
    for (const key of this.#namesOf.get(logKey) ?? []) this.#entries.delete(key);
  }

  clear(): void {
    this.#generation++;
    this.#entries.clear();
  }

  #drop(key: string): void {
    removeFrom(this.#namesOf, key.slice(0, key.indexOf(' ')), key);
  }
}

/** No key of a log has a blank. */
function nameOf({ key, id }: EntryPlace): string {
  return `${key} ${id}`;
}

/** As if it had been rendered for both readers of a direct chat. */
function sizeOf({ size }: KeptEntry): number {
  return 3 * (200 + size);
}
