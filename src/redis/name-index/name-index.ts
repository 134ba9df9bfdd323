import type { Page, PageRequest } from '../../domain/pages.ts';
import { scanKeys } from '../scan.ts';
import type { Store } from '../store.ts';
import { indexNames, type NameKind } from './commands.ts';

/** About how many keys each step of a search looks at. */
const SCAN_COUNT = 1_000;

/**
 * All names of one kind, in bytewise order. Whatever makes or removes one keeps the list; those that were made before there
 * was a list are looked for when it is first asked for.
 */
export class NameIndex<Name extends string> {
  readonly #store: Store;
  readonly #kind: NameKind;
  /** The search for names that are not in the list, while it goes on. */
  #searching: Promise<void> | undefined;

  constructor(store: Store, kind: NameKind) {
    this.#store = store;
    this.#kind = kind;
  }

  async page({ after, limit }: PageRequest): Promise<Page<Name>> {
    const { redis, keys } = this.#store;
    const { list, whole } = this.#kind;
    if ((await redis.hexists(keys.meta(), whole)) === 0) {
      this.#searching ??= this.#search().finally(() => {
        this.#searching = undefined;
      });
      await this.#searching;
    }
    const start = after === undefined ? '-' : `(${after}`;
    const found = (await redis.zrangebylex(list, start, '+', 'LIMIT', 0, limit + 1)) as Name[];
    const items = found.slice(0, limit);
    return found.length > limit ? { items, next: items.at(-1)! } : { items };
  }

  /** Puts every name into the list. Several nodes may do it at a time, and it may be interrupted. */
  async #search(): Promise<void> {
    const { redis } = this.#store;
    const prefix = this.#kind.keyOf('');
    for await (const { keys, isLast } of scanKeys(redis, prefix, SCAN_COUNT)) {
      const names = keys.map((key) => key.slice(prefix.length));
      await this.#store.run(indexNames, { kind: this.#kind, names, isLast });
    }
  }
}
