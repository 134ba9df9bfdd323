import type { Fields } from '../../domain/entries.ts';
import { fieldsFrom } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { DirectPolicy } from '../../domain/policy.ts';
import { command } from '../../redis/command.ts';

/** Fields to set (name, value, name, value …) and names to remove. */
export interface FieldChange {
  pairs: readonly string[];
  removed: readonly string[];
}

interface PutUser {
  uid: Uid;
  /** `create` leaves a user that exists as it is. */
  mode: 'create' | 'replace' | 'merge';
  fields: FieldChange;
  /** Absent: unchanged. */
  attributes?: FieldChange | undefined;
  directPolicy?: DirectPolicy | undefined;
}

type PutUserReply = { outcome: 'exists' } | ({ outcome: 'created' | 'changed' } & KeptUser);

/** A user as it is kept. */
export interface KeptUser {
  createdAtMs: number;
  fields: Fields;
  directPolicy: DirectPolicy;
  attributes: Fields;
}

type RawPut = [outcome: string, createdAt: string, fields: string[], directPolicy: string, attributes: string[]];

/** Refuses `user_not_found`, `removal_unfinished`, `reserved_field`, `fields_too_large`. */
export const putUser = command({
  script: new URL('./put_user.lua', import.meta.url),
  keys: (keys, { uid }: PutUser) => [
    keys.user(uid),
    keys.removedUser(uid),
    keys.inbox(uid),
    keys.removals(),
    keys.attributes(uid),
    keys.users(),
  ],
  args: ({ uid, mode, fields, attributes, directPolicy }) => {
    const ofAttributes = attributes ? wordsOf(attributes) : [];
    return [uid, mode, directPolicy ?? '', ofAttributes.length, ...ofAttributes, ...wordsOf(fields)];
  },
  decode: ([outcome, createdAt, fields, directPolicy, attributes]: RawPut): PutUserReply =>
    outcome === 'exists'
      ? { outcome }
      : {
          outcome: outcome as 'created' | 'changed',
          createdAtMs: Number(createdAt),
          fields: fieldsFrom(fields),
          directPolicy: directPolicy as DirectPolicy,
          attributes: fieldsFrom(attributes),
        },
});

function wordsOf({ pairs, removed }: FieldChange): (string | number)[] {
  return [pairs.length / 2, ...pairs, ...removed];
}

/** Refuses `user_not_found`, `owner_must_hand_over`. */
export const removeUser = command({
  script: new URL('./remove_user.lua', import.meta.url),
  keys: (keys, uid: Uid) => [
    keys.user(uid),
    keys.read(uid),
    keys.removedUser(uid),
    keys.removals(),
    keys.revoked(),
    keys.attributes(uid),
    keys.users(),
    keys.suspended(),
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
    keys.blocks(uid),
    keys.blockedBy(uid),
    keys.presence(uid),
    keys.left(uid),
  ],
  args: (uid) => [uid],
  decode: ([outcome]: [string]) => outcome === 'finished',
});
