/**
 * Every error that a caller can be answered with: a stable `code`, its HTTP status and title in one list, and one
 * class. Nothing else in the project invents a code. `http/problem.ts` renders them (RFC 9457).
 */

const CODES = {
  // 400
  invalid_request: [400, 'The request is malformed'],
  invalid_cursor: [400, 'The cursor is malformed'],
  me_needs_user: [400, '"me" needs a user token'],
  // 401, 403
  unauthorized: [401, 'Authentication is needed'],
  token_revoked: [401, 'The token was revoked'],
  user_removed: [401, 'The user of the token was removed'],
  suspended: [403, 'The user is suspended'],
  forbidden: [403, 'Not allowed for this caller'],
  not_member: [403, 'Only members of the group may do this'],
  not_admin: [403, 'Only the owner and the admins of the group may do this'],
  not_owner: [403, 'Only the owner of the group may do this'],
  blocked: [403, 'Blocked by the other person'],
  must_unblock: [403, 'The other person has to be unblocked first'],
  contacts_only: [403, 'The other person takes messages of contacts alone'],
  banned: [403, 'Banned from the group'],
  silenced: [403, 'Silenced in the group'],
  posting_restricted: [403, 'Only the owner and the admins of the group may send'],
  message_denied: [403, 'The message is not allowed here'],
  join_closed: [403, 'The group admits nobody by itself'],
  demo_login_off: [403, 'The demo login is off'],
  demo_secret_needed: [403, 'The demo login needs the secret of the link'],
  // 404
  route_not_found: [404, 'No such operation'],
  user_not_found: [404, 'No such user'],
  group_not_found: [404, 'No such group'],
  conversation_not_found: [404, 'No such conversation'],
  message_not_found: [404, 'No such message'],
  member_not_found: [404, 'No such member'],
  request_not_found: [404, 'No such join request'],
  space_not_found: [404, 'No such space'],
  file_not_found: [404, 'No such file'],
  consumer_not_found: [404, 'No such consumer of the journal'],
  webhook_not_found: [404, 'No such webhook'],
  device_not_found: [404, 'No such device'],
  // 405 … 422
  method_not_allowed: [405, 'The path has no such method'],
  not_acceptable: [406, 'No such representation'],
  message_erased: [409, 'The message was erased'],
  edit_window_over: [409, 'The message is too old to be edited'],
  too_many_edits: [409, 'The message was edited too often'],
  too_many_reactions: [409, 'The message has too many kinds of reactions'],
  owner_must_hand_over: [409, 'The owner must hand the group over first'],
  owner_unchanged: [409, 'The owner is changed with PATCH'],
  update_pending: [409, 'Not before all nodes are updated'],
  group_full: [409, 'The group is full'],
  off_in_channels: [409, 'Channels do not have this'],
  channel_stays: [409, 'A channel stays a channel'],
  too_many_members: [409, 'The group is too large for this'],
  presence_off: [409, 'Nobody is told who is there'],
  tokens_by_issuer: [409, 'Tokens come from the configured issuer'],
  too_many_consumers: [409, 'The journal has as many consumers as it may have'],
  too_many_webhooks: [409, 'There are as many webhooks as there may be'],
  too_many_devices: [409, 'The user has as many devices as it may have'],
  push_off: [409, 'Nothing is pushed to browsers here'],
  space_full: [409, 'The space has as many users as it may have'],
  issuer_taken: [409, 'Another space has this issuer and audience'],
  files_off: [409, 'There are no files here'],
  too_many_pending_files: [409, 'Too many files wait to be sent'],
  spaces_off: [409, 'There are no spaces here'],
  request_timeout: [408, 'The request did not come in time'],
  space_removed: [410, 'The space was removed'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be JSON'],
  range_not_satisfiable: [416, 'The file has no such part'],
  reserved_field: [422, 'The field name is reserved'],
  fields_too_large: [422, 'The fields are too many or too large'],
  mention_outside: [422, 'Only who is in the conversation can be mentioned'],
  client_message_id_reused: [422, 'The clientMessageId belongs to another message'],
  // 426 …
  upgrade_required: [426, 'The path is of a WebSocket'],
  too_many_requests: [429, 'Too many requests'],
  headers_too_large: [431, 'The headers are too large'],
  internal: [500, 'Something went wrong here'],
  unavailable: [503, 'The service is not available right now'],
  storage_full: [503, 'The storage is full'],
  too_many_subscribers: [503, 'Too many open subscriptions'],
  outcome_unknown: [504, 'It is not known whether this was done'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** A stable error code, as in a problem's `code`. */
export type ErrorCode = keyof typeof CODES;

/** Every error code there is. */
export const ERROR_CODES = Object.keys(CODES) as ErrorCode[];

/** One thing wrong with a request: where, and what to change. */
export interface FieldError {
  path: string;
  message: string;
}

export interface ImErrorOptions {
  /** Per-field complaints of a validation. */
  errors?: FieldError[];
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfter?: number;
  /** Headers of the answer, such as the methods that there are. */
  headers?: Record<string, string>;
  /** Members added to the problem document, such as the `clientMessageId` to retry with. */
  extensions?: Record<string, string>;
  cause?: unknown;
}

/** An error that a caller is told about. */
export class ImError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Record<string, string>;
  readonly extensions: Record<string, string>;

  /** @param detail what happened and what to change, for a person to read */
  constructor(code: ErrorCode, detail: string, options: ImErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'ImError';
    this.code = code;
    [this.status, this.title] = CODES[code];
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }
}

/** The title of a code: what kind of error it is, the same each time. */
export function titleOf(code: ErrorCode): string {
  return CODES[code][1];
}

/** The status that a code is answered with; the routes document their errors from it. */
export function statusOf(code: ErrorCode): number {
  return CODES[code][0];
}
