import { command } from '../command.ts';

/** The list of all names of one kind. */
export interface NameKind {
  /** The sorted set. */
  readonly list: string;
  /** The field of `im:meta` that says that nothing is missing in it. */
  readonly whole: string;
  /** A field that each hash of the kind has. */
  readonly proof: string;
  /** The key of such a hash. */
  readonly keyOf: (name: string) => string;
}

/** Takes names into the list; `isLast` says that these were the last that were not in it. */
export const indexNames = command({
  script: new URL('./index_names.lua', import.meta.url),
  keys: (_keys, { kind, names }: { kind: NameKind; names: readonly string[]; isLast: boolean }) => [
    kind.list,
    ...names.map(kind.keyOf),
  ],
  args: ({ kind, names, isLast }) => [isLast ? 'last' : 'more', kind.whole, kind.proof, ...names],
  decode: () => undefined,
});
