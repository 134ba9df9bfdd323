import type { Mutant } from './mutant.ts';

/** Spaces: each has its own of everything. */
export const SPACES: readonly Mutant[] = [
  {
    name: 'a named space has a feed of its own, which nobody reads',
    file: 'redis/lua/begin.lua',
    from: "PARTITION = string.match(PREFIX, '^(.*)@[^@:]+:$') or PREFIX",
    to: 'PARTITION = PREFIX',
    tests: ['test/redis/scripts.test.ts'],
    pattern: 'shares the feed and the signals of its partition',
  },
];
