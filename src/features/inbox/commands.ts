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

/** Where the inbox of each reader ends, and which user of the name there is (`''`: none), in their order. */
export const verifyInboxes = command({
  script: new URL('./verify.lua', import.meta.url),
  keys: (keys, uids: readonly Uid[]) => uids.flatMap((uid) => [keys.inbox(uid), keys.user(uid), keys.removedUser(uid)]),
  args: () => [],
  decode: ([epoch, ...flat]: [string, ...string[]], uids) => ({
    epoch,
    readers: uids.map((_, i) => ({ newest: flat[2 * i]!, incarnation: flat[2 * i + 1]! })),
  }),
});
