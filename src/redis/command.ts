import type { Keys } from './keys.ts';

/**
 * One command is one script: which keys it declares, what it is given, and what its reply means. Nothing outside of
 * `decode` reads a reply by position.
 */
export interface Command<Input, Reply> {
  /** Its Lua. */
  readonly script: URL;
  /**
   * Whether it runs as a function, which costs Redis a fifth less: for what runs most often. It must be one that is refused
   * when memory is full, since then no function can be loaded.
   */
  readonly isFunction?: boolean;
  /** The keys that are known before it runs, after `im:meta`, which is always the first one. */
  keys(keys: Keys, input: Input): readonly string[];
  args(input: Input): readonly (string | number)[];
  decode(reply: never, input: Input): Reply;
}

/** Writes to inboxes, or to the feed, that were refused (a key of a wrong type, say): how many, and the first one's reason. */
export interface RefusedWrites {
  count: number;
  reason: string;
}

/** Declares a command; the types of its parts are checked against each other here. */
export function command<Input, Raw, Reply>(definition: {
  script: URL;
  isFunction?: boolean;
  keys(keys: Keys, input: Input): readonly string[];
  args(input: Input): readonly (string | number)[];
  decode(reply: Raw, input: Input): Reply;
}): Command<Input, Reply> {
  return definition as Command<Input, Reply>;
}
