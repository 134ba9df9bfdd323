import { command } from '../command.ts';

/** The newest id that each of some streams ever had (`''` if none), and the epoch. */
export const newestIds = command({
  script: new URL('./newest.lua', import.meta.url),
  keys: (_keys, streams: readonly string[]) => streams,
  args: () => [],
  decode: ([epoch, ...newest]: [string, ...string[]]) => ({ epoch, newest }),
});
