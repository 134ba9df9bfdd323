import { type ErrorCode, ImError } from '../errors.ts';

/** What a script's refusal means to the caller: the one place that maps them. `subject` is the reply's second member. */
const REFUSALS: Record<string, (subject: string) => [code: ErrorCode, detail: string]> = {
  user_not_found: (uid) => ['user_not_found', `There is no user "${uid}". Create it with PUT /v1/users/${uid}.`],
  group_not_found: (gid) => ['group_not_found', `There is no group "${gid}". Create it with PUT /v1/groups/${gid}.`],
  not_member: (gid) => ['not_member', `Only members of the group "${gid}" may do this.`],
  not_owner: (gid) => ['not_owner', `Only the owner of the group "${gid}" may do this.`],
  join_closed: (gid) => ['join_closed', `The group "${gid}" is closed: its owner has to add members.`],
  group_full: (gid) => ['group_full', `The group "${gid}" has as many members as a group may have.`],
  member_not_found: (uid) => ['member_not_found', `"${uid}" is not a member of the group. Nothing was changed.`],
  request_not_found: (uid) => ['request_not_found', `"${uid}" has not asked to join the group. Nothing was changed.`],
  owner_must_hand_over: (gid) => [
    'owner_must_hand_over',
    `The owner can't leave. Name another member as owner first: PATCH /v1/groups/${gid} with {"owner": "…"}.`,
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
  forbidden: () => ['forbidden', "A message is erased by its sender or by the group's owner; system events stay."],
  client_message_id_reused: (mid) => [
    'client_message_id_reused',
    `This clientMessageId was used for the message ${mid}, which has other content. Use a new one.`,
  ],
};

/** The error for a script's refusal, or undefined if the reply is none. */
export function refusalOf(reply: readonly unknown[]): ImError | undefined {
  const refusal = REFUSALS[reply[0] as string];
  return refusal && new ImError(...refusal(String(reply[1] ?? '')));
}

/** Passes a reply on, and throws if it is a refusal. */
export function settle<Reply extends readonly unknown[]>(reply: Reply): Reply {
  const error = refusalOf(reply);
  if (error) throw error;
  return reply;
}
