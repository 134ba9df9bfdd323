import type { RawEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

/** Refuses `user_not_found`. */
export const readInbox = command({
  script: new URL('./inbox.lua', import.meta.url),
  keys: (keys, { uid }: { uid: Uid; start: string; count: number }) => [
    keys.inbox(uid),
    keys.user(uid),
    keys.removedUser(uid),
  ],
  args: ({ start, count }) => [start, count],
  decode: ([epoch, newest, incarnation, entries]: [string, string, string, RawEntry[]]) => ({
    epoch,
    newest,
    incarnation,
    entries,
  }),
});
