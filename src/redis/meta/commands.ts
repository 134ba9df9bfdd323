import { command } from '../command.ts';

/** Prepares the database; the epoch that holds. Refuses `schema_mismatch`. */
export const prepare = command({
  script: new URL('./prepare.lua', import.meta.url),
  keys: (keys) => [keys.signals()],
  args: (schema: string) => [schema],
  decode: (epoch: string) => epoch,
});

/** Moves the epoch, unless somebody has moved it from `known` already. */
export const moveEpoch = command({
  script: new URL('./move_epoch.lua', import.meta.url),
  keys: () => [],
  args: (known: string) => [known],
  decode: ([epoch, moved]: [epoch: string, moved: number]) => ({ epoch, moved: moved === 1 }),
});

/** Lets writers write what only nodes of this version or a newer one understand. The level that holds now. */
export const raiseLevel = command({
  script: new URL('./raise_level.lua', import.meta.url),
  keys: () => [],
  args: (_: undefined) => [],
  decode: (level: string) => level,
});

/** Notes how many partitions a cluster's spaces are dealt out to; the number that holds. */
export const notePartitions = command({
  script: new URL('./note_partitions.lua', import.meta.url),
  keys: (keys, _: { count: number; ofDefault: string }) => [keys.spaces()],
  args: ({ count, ofDefault }) => [count, ofDefault],
  decode: (count: string) => Number(count),
});
