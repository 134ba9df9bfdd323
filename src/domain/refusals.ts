import { type ErrorCode, ImError } from './errors.ts';
import { RECEIPTS_MAX } from './signals.ts';

/** How somebody is refused who may not read a conversation. */
export const READING_REFUSALS = ['not_member', 'user_not_found', 'group_not_found'] as const satisfies ErrorCode[];

/** How somebody is refused who may not send to it now, nor do anything else there that others are told of. */
export const SENDING_REFUSALS = [
  'not_member',
  'silenced',
  'posting_restricted',
  'blocked',
  'must_unblock',
  'contacts_only',
  'user_not_found',
  'group_not_found',
] as const satisfies ErrorCode[];

/** What a script's refusal means to the caller: the one place that maps them. `subject` is what it is about. */
const REFUSALS: Record<string, (subject: string) => [code: ErrorCode, detail: string]> = {
  user_not_found: (uid) => ['user_not_found', `There is no user "${uid}". Create it with PUT /v1/users/${uid}.`],
  group_not_found: (gid) => ['group_not_found', `There is no group "${gid}". Create it with PUT /v1/groups/${gid}.`],
  not_member: (gid) => ['not_member', `Only members of the group "${gid}" may do this.`],
  not_owner: (gid) => ['not_owner', `Only the owner of the group "${gid}" may do this.`],
  not_admin: (gid) => ['not_admin', `Only the owner and the admins of the group "${gid}" may do this.`],
  blocked: (uid) => ['blocked', `"${uid}" has blocked the user who acts: nothing of theirs arrives there.`],
  must_unblock: (uid) => [
    'must_unblock',
    `The user who acts has blocked "${uid}". Unblock them first, with DELETE /v1/users/me/blocks/${uid}.`,
  ],
  block_of_self: () => ['invalid_request', 'Nobody can block themselves: name another user.'],
  contacts_only: (uid) => [
    'contacts_only',
    `"${uid}" takes messages of contacts alone. Ask to become one, with PUT /v1/users/me/contacts/${uid}.`,
  ],
  banned: (gid) => [
    'banned',
    `The user is banned from the group "${gid}". An admin lifts a ban with DELETE /v1/groups/${gid}/bans/{uid}.`,
  ],
  silenced: (subject) => {
    const [gid, until] = subject.split(' ');
    return ['silenced', `The sender is silenced in the group "${gid}" until ${new Date(Number(until)).toISOString()}.`];
  },
  posting_restricted: (gid) => [
    'posting_restricted',
    `In the group "${gid}" only the owner and the admins may send messages.`,
  ],
  owner_stays: (gid) => [
    'owner_must_hand_over',
    `The owner of "${gid}" can't be banned, silenced or given another role. First name another member as owner, PATCH /v1/groups/${gid} with {"owner": "bob"}.`,
  ],
  join_closed: (gid) => ['join_closed', `The group "${gid}" is closed: its owner has to add members.`],
  group_full: (gid) => ['group_full', `The group "${gid}" has as many members as a group may have.`],
  off_in_channels: (gid) => [
    'off_in_channels',
    `"${gid}" is a channel: nobody is told who types or has read what, and nobody can mention everybody with * there.`,
  ],
  channel_stays: (gid) => ['channel_stays', `"${gid}" is a channel, and stays one. Make another group instead.`],
  too_many_members: (gid) => [
    'too_many_members',
    `The group "${gid}" has more than ${RECEIPTS_MAX} members: who has read what, or is typing, is told only in smaller ones.`,
  ],
  member_not_found: (uid) => ['member_not_found', `"${uid}" is not a member of the group. Nothing was changed.`],
  request_not_found: (uid) => ['request_not_found', `"${uid}" has not asked to join the group. Nothing was changed.`],
  owner_must_hand_over: (gids) => [
    'owner_must_hand_over',
    `The owner can't leave ${quoted(gids)}. First name another member as owner, PATCH /v1/groups/${gids.split(' ', 1)[0]} with {"owner": "bob"}, or delete the group.`,
  ],
  update_pending: () => [
    'update_pending',
    'Nodes of an older version may be running, which would not obey this. Once all are of this version, "redisim level raise" allows it.',
  ],
  owner_unchanged: (gid) => [
    'owner_unchanged',
    `The group has another owner. Hand it over with PATCH /v1/groups/${gid} and {"owner": "…"}.`,
  ],
  owner_needed: () => ['invalid_request', 'A server key that creates a group has to name its "owner".'],
  owner_not_self: () => ['forbidden', 'A user who creates a group owns it: leave "owner" out, or name yourself.'],
  fields_too_large: () => [
    'fields_too_large',
    'There may be at most 64 fields, 65536 bytes of names and values together.',
  ],
  conversation_not_found: () => ['conversation_not_found', 'The conversation has no messages for this user.'],
  message_not_found: (mid) => [
    'message_not_found',
    `The conversation has no message "${mid}" (it may have been erased).`,
  ],
  reserved_field: (name) => ['reserved_field', `"${name}" is reserved; use another name for the field.`],
  invalid_request: (what) => ['invalid_request', `The request can't be taken: ${what}.`],
  empty_message: () => [
    'invalid_request',
    'A message needs at least one field, or an attachment, for example {"fields":{"text":"hi"}}.',
  ],
  file_not_found: (id) => [
    'file_not_found',
    `There is no file "${id}" that the user may read: it has uploaded it, or is in a conversation with a message that carries it.`,
  ],
  too_many_pending_files: (bytes) => [
    'too_many_pending_files',
    `The user has ${bytes} bytes of files, or too many files, that no message carries: send some first, or wait a day until they are removed.`,
  ],
  removal_unfinished: (uid) => [
    'outcome_unknown',
    `The user "${uid}" is gone, but not yet from everything that it was in: repeat the request.`,
  ],
  space_removed: (space) => [
    'space_removed',
    `The space "${space}" is being removed, or there is none; no credential of it is good any more.`,
  ],
  space_not_found: (space) => [
    'space_not_found',
    `There is no space "${space}". Make it with PUT /v1/spaces/${space}.`,
  ],
  consumer_not_found: (name) => [
    'consumer_not_found',
    `The journal has no consumer "${name}". Make it with PUT /v1/journal/consumers/${name}.`,
  ],
  too_many_consumers: (count) => [
    'too_many_consumers',
    `The journal has ${count} consumers, which is the most. Remove one with DELETE /v1/journal/consumers/{name}.`,
  ],
  webhook_not_found: (id) => ['webhook_not_found', `There is no webhook "${id}". Make one with POST /v1/webhooks.`],
  too_many_webhooks: (count) => [
    'too_many_webhooks',
    `There are ${count} webhooks, which is the most. Remove one with DELETE /v1/webhooks/{webhook}.`,
  ],
  device_not_found: (device) => [
    'device_not_found',
    `The user has no device "${device}". Make it with PUT /v1/users/me/devices/${device}.`,
  ],
  too_many_devices: (count) => [
    'too_many_devices',
    `The user has ${count} devices, which is the most. Remove one with DELETE /v1/users/me/devices/{device}.`,
  ],
  beyond_journal: (cursor) => [
    'invalid_cursor',
    `The journal has nothing at "${cursor}", nor had: acknowledge a cursor as it came.`,
  ],
  issuer_taken: (space) => [
    'issuer_taken',
    `The space "${space}" takes the tokens of this issuer and audience: which space one is for could not be told.`,
  ],
  space_full: (users) => [
    'space_full',
    `The space may have ${users} users, and has as many. Remove some, or raise its limit.`,
  ],
  schema_mismatch: (found) => [
    'internal',
    `the keys in Redis are of schema version ${found}, this version of redisim needs another: ` +
      'use the version that made them, or another KEY_PREFIX or database',
  ],
  forbidden: () => [
    'forbidden',
    "A message is erased by its sender, or by the group's owner and admins; system events stay.",
  ],
  not_sender: () => ['forbidden', 'A message is edited by its sender; system events stay as they are.'],
  no_message: () => ['forbidden', 'One reacts to what people send; system events stay as they are.'],
  too_many_reactions: () => [
    'too_many_reactions',
    'The message has 20 different reactions, which is the most: choose one of those.',
  ],
  message_erased: (mid) => ['message_erased', `The message ${mid} was erased: there is nothing to change any more.`],
  edit_window_over: (mid) => [
    'edit_window_over',
    `The message ${mid} was sent too long ago to be edited. Send a new one.`,
  ],
  too_many_edits: (mid) => [
    'too_many_edits',
    `The message ${mid} was edited 50 times, which is the most. Send a new one.`,
  ],
  mention_outside: (uid) => [
    'mention_outside',
    uid === '*'
      ? 'Only in a group "*" mentions everybody: name the other person instead.'
      : `"${uid}" is not in the conversation: mention its members, for example "mentions": ["bob"].`,
  ],
  mention_of_all: (gid) => [
    'forbidden',
    `Only the owner and the admins of the group "${gid}" may mention everybody. Name the people instead.`,
  ],
  client_message_id_reused: (mid) => [
    'client_message_id_reused',
    `This clientMessageId was used for the message ${mid}, which has other content. Use a new one.`,
  ],
};

/** The error for a refusal, or undefined if there is none of this name. */
export function refusalFrom(name: string, subject: string): ImError | undefined {
  const refusal = REFUSALS[name];
  return refusal && new ImError(...refusal(subject));
}

/** What is answered while a space is paused, by a move for example. */
export function spacePaused(): ImError {
  return new ImError(
    'unavailable',
    'The space is paused, while it is moved for example; nothing was done, try again.',
    {
      retryAfter: 5,
    },
  );
}

/** Throws what a script would refuse, where the rule is checked here. */
export function refuse(
  name:
    | 'group_not_found'
    | 'not_member'
    | 'not_admin'
    | 'not_owner'
    | 'user_not_found'
    | 'member_not_found'
    | 'conversation_not_found'
    | 'space_not_found'
    | 'space_removed'
    | 'issuer_taken'
    | 'file_not_found'
    | 'consumer_not_found'
    | 'webhook_not_found'
    | 'device_not_found',
  subject: string,
): never {
  throw refusalFrom(name, subject)!;
}

function quoted(names: string): string {
  return names
    .split(' ')
    .map((name) => `"${name}"`)
    .join(', ');
}
