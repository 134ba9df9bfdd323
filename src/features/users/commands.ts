import { conversationOf, type LogName, parseConversation, peerOf } from '../../domain/conversations.ts';
import type { Fields } from '../../domain/entries.ts';
import { fieldsFrom } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { DirectPolicy } from '../../domain/policy.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import { stateKeys } from '../../redis/conversation-keys.ts';

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
    keys.feed(),
    keys.journal(),
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

/** Refuses `user_not_found`, `owner_must_hand_over`, `update_pending` (for an erasure). */
export const removeUser = command({
  script: new URL('./remove_user.lua', import.meta.url),
  keys: (keys, { uid }: { uid: Uid; erasesMessages: boolean }) => [
    keys.user(uid),
    keys.read(uid),
    keys.removedUser(uid),
    keys.removals(),
    keys.revoked(),
    keys.attributes(uid),
    keys.users(),
    keys.suspended(),
    keys.feed(),
    keys.journal(),
    keys.left(uid),
    keys.erasure(uid),
    keys.unfinished(),
  ],
  args: ({ uid, erasesMessages }) => [uid, erasesMessages ? 1 : 0],
  decode: ([outcome]: ['begun' | 'already']) => ({ isBegun: outcome === 'begun' }),
});

/** How many entries of a log one call of {@link eraseMessages} reads: Redis does nothing else meanwhile. */
const ENTRIES_A_CALL = 100;
/** And how many inboxes it writes, about. */
const WRITES_A_CALL = 1_000;

/** Erases a page of what a user who is being removed has sent to a log. */
export const eraseMessages = command({
  script: new URL('./erase_messages.lua', import.meta.url),
  keys: (keys, { uid, log }: { uid: Uid; log: LogName }) => {
    const named = parseConversation(conversationOf(uid, log));
    return [
      keys.erasure(uid),
      keys.removedUser(uid),
      keys.feed(),
      keys.journal(),
      ...stateKeys(keys, log),
      keys.replies(log),
      keys.mentionsOfAll(log),
      keys.files(),
      ...('peer' in named ? [keys.user(named.peer)] : [keys.members(named.gid), keys.group(named.gid)]),
    ];
  },
  args: ({ uid, log }) => [uid, log, peerOf(conversationOf(uid, log)), ENTRIES_A_CALL, WRITES_A_CALL],
  decode: ([isDone, erased, count, reason]: [isDone: number, erased: MessageId[], count: number, reason: string]) => ({
    isDone: isDone === 1,
    erased,
    refused: { count, reason },
  }),
});

/** True when it is done; false if the user still is in a group, or has messages that are to be erased. */
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
    keys.erasure(uid),
    keys.channelRemovals(),
    keys.unfinished(),
    keys.pendingFiles(uid),
    keys.files(),
    keys.devices(uid),
    keys.usersWithDevices(),
    keys.pushAddresses(),
  ],
  args: (uid) => [uid],
  decode: ([outcome]: [string]) => outcome === 'finished',
});
