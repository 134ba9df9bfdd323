import Type, { type TObject, type TProperties, type TSchema, type TSchemaOptions, type TUnsafe } from 'typebox';
import { CONVERSATION_PATTERN, type Conversation } from '../../domain/conversations.ts';
import { ImError } from '../../domain/errors.ts';
import { type Gid, isName, NAME_PATTERN, type Uid } from '../../domain/names.ts';
import { type MessageId, parseStreamId, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { complaint, MAX_IDS, NEXT_PATTERN, PATH_NAME_PATTERN, UIDS_PATTERN } from './patterns.ts';

/** Text that is trusted to be what its type says once the pattern holds. */
function name<Name extends string>(pattern: string, example: string, description: string): TUnsafe<Name> {
  return Type.Unsafe<Name>(Type.String({ pattern, description, examples: [example] }));
}

/** A person, in a body or a response. */
export const UidText = (description = 'A user id.') => name<Uid>(NAME_PATTERN, 'alice', description);
/** A group, in a body or a response. */
export const GidText = (description = 'A group id.') => name<Gid>(NAME_PATTERN, 'team', description);
/** A conversation, as its reader names it. */
export const ConversationText = (
  description = 'A conversation: `user:<uid>` (the other person) or `group:<gid>`.',
  example = 'user:bob',
) => name<Conversation>(CONVERSATION_PATTERN, example, description);
/** A message id. Its 64-bit range is checked by {@link messageIdOf}. */
export const MessageIdText = (description = 'A message id.') =>
  Type.String({ pattern: STREAM_ID_PATTERN, description, examples: ['1763900311455-42'] });
/** A moment. */
export const TimeText = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2025-11-23T12:18:31.455Z'] });

const UidParam = (description: string) => name<Uid>(PATH_NAME_PATTERN, 'alice', description);
const ACTING = 'The acting user. `me` is the user of the token.';

/** Parts of paths. */
export const UserParams = Type.Object({ uid: UidParam('A user. `me` is the user of the token.') });
export const SelfParams = Type.Object({ uid: UidParam(ACTING) });
export const PeerParams = Type.Object({
  uid: UidParam(ACTING),
  peer: name<Uid>(NAME_PATTERN, 'bob', 'The other person.'),
});
export const GroupParams = Type.Object({ gid: GidText('A group.') });
export const MemberParams = Type.Object({
  gid: GidText('A group.'),
  uid: UidParam('The user it is about: oneself, or anybody for the owner and admins. `me` is the user of the token.'),
});
export const BanParams = Type.Object({
  gid: GidText('A group.'),
  uid: name<Uid>(NAME_PATTERN, 'mallory', 'The user who is banned, or is to be.'),
});
export const ConversationParams = Type.Object({ uid: UidParam(ACTING), conversation: ConversationText() });
export const MessageParams = Type.Object({
  uid: UidParam(ACTING),
  conversation: ConversationText(),
  mid: MessageIdText('The message.'),
});

/**
 * A parameter that may be left out and has a default. The validator fills it in, so that a handler always has it, and
 * the type says so; the document says that it is optional.
 */
export function defaulted<Schema extends TSchema>(schema: Schema): Schema {
  return Type.Optional(schema) as unknown as Schema;
}

/** How many items a page has at most. */
export function limitUpTo(maximum: number) {
  const options = { minimum: 1, maximum, default: 50, description: 'How many items at most.', examples: [50] };
  return defaulted(Type.Integer(options));
}

/** Which page of a list. */
export function pageQuery(maximum: number, list: keyof typeof NEXT_PATTERN, next: string) {
  return query({
    limit: limitUpTo(maximum),
    after: Type.Optional(
      Type.String({
        pattern: NEXT_PATTERN[list],
        description: 'The `next` of the page before; absent for the first.',
        examples: [next],
      }),
    ),
  });
}

/** A query string. A parameter that is not listed is a mistake that the caller should hear of. */
export function query<Properties extends TProperties>(
  properties: Properties,
  options: TSchemaOptions = {},
): TObject<Properties> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** A message id whose two numbers fit 64 bits. @throws ImError `invalid_request` */
export function messageIdOf(text: string, path: string): MessageId {
  if (parseStreamId(text)) return text as MessageId;
  const message = complaint(STREAM_ID_PATTERN, text, '1763900311455-42');
  throw new ImError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}

/** Several uids in a query; {@link uidsOf} takes them apart. */
export const UidsText = (description = 'Uids.') =>
  Type.String({
    // As many of the longest ones, with commas.
    maxLength: MAX_IDS * 65,
    pattern: UIDS_PATTERN,
    description: `${description} With commas in between, at most ${MAX_IDS}.`,
    examples: ['alice,bob'],
  });

/** A moment, ms since 1970. The form is checked by the schema, but not that there is such a date. @throws ImError `invalid_request` */
export function msOf(text: string, path: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  const message = 'must be a date that there is, for example 2025-11-23T12:18:31.455Z';
  throw new ImError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}

/** A comma-separated list of uids. @throws ImError `invalid_request` if `me` is among them, which the pattern lets pass */
export function uidsOf(text: string, path: string): Uid[] {
  const uids = text.split(',');
  if (uids.every(isName)) return uids as Uid[];
  const message = complaint(UIDS_PATTERN, text, 'alice,bob');
  throw new ImError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}
