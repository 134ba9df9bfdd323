import type { Fields } from '../../domain/entries.ts';
import { fieldsFrom } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

interface PutUser {
  uid: Uid;
  /** `create` leaves a user that exists as it is. */
  mode: 'create' | 'replace' | 'merge';
  /** Name, value, name, value … */
  pairs: readonly string[];
  removed: readonly string[];
}

type PutUserReply =
  | { outcome: 'created' | 'changed'; createdAtMs: number; fields: Fields }
  | { outcome: 'exists'; createdAtMs?: never; fields?: never };

/** Refuses `user_not_found`, `removal_unfinished`, `reserved_field`, `fields_too_large`. */
export const putUser = command({
  script: new URL('./put_user.lua', import.meta.url),
  keys: (keys, { uid }: PutUser) => [keys.user(uid), keys.removedUser(uid), keys.inbox(uid), keys.removals()],
  args: ({ uid, mode, pairs, removed }) => [uid, mode, pairs.length / 2, ...pairs, ...removed],
  decode: ([outcome, createdAt, flat]: [outcome: string, createdAt: string, flat: string[]]): PutUserReply =>
    outcome === 'exists'
      ? { outcome }
      : { outcome: outcome as 'created' | 'changed', createdAtMs: Number(createdAt), fields: fieldsFrom(flat) },
});

/** Refuses `user_not_found`, `owner_must_hand_over`. */
export const removeUser = command({
  script: new URL('./remove_user.lua', import.meta.url),
  keys: (keys, uid: Uid) => [
    keys.user(uid),
    keys.read(uid),
    keys.removedUser(uid),
    keys.removals(),
    keys.revoked(),
    keys.feed(),
  ],
  args: (uid) => [uid],
  decode: () => undefined,
});

/** True when it is done; false if the user still is in a group. */
export const finishRemoval = command({
  script: new URL('./finish_removal.lua', import.meta.url),
  keys: (keys, uid: Uid) => [
    keys.contacts(uid),
    keys.inbox(uid),
    keys.read(uid),
    keys.floors(uid),
    keys.requested(uid),
    keys.sanctions(uid),
    keys.removedUser(uid),
    keys.removals(),
    keys.mentions(uid),
    keys.settings(uid),
    keys.presence(uid),
  ],
  args: (uid) => [uid],
  decode: ([outcome]: [string]) => outcome === 'finished',
});
