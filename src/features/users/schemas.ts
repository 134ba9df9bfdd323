import Type from 'typebox';
import type { DirectPolicy } from '../../domain/policy.ts';
import { component, input, named } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { pageQuery, query, TimeText, UidsText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';

/** How many users a page has at most; one may have fields and attributes of 64 KiB each. */
const MAX_USERS = 100;

const DirectPolicyText = named<DirectPolicy>('DirectPolicy', {
  type: 'string',
  enum: ['anyone', 'contacts'] satisfies DirectPolicy[],
  description:
    "Whose direct messages the user takes: anybody's, or those of its contacts. Others are refused with `contacts_only`; they can ask " +
    'by adding the user to their own contacts, which it is told of once.',
  examples: ['anyone'],
});

const fields = { name: 'Alice', avatar: 'https://example.com/alice.png' };
const attributes = { plan: 'pro' };
const createdAt = '2025-11-23T12:18:31.455Z';
const RESERVED = '`createdAt` and `directPolicy` are reserved as names of fields.';

export const User = component('User', {
  description:
    'A person. Everybody reads its fields and its attributes; the latter are written by server keys alone, and absent where there ' +
    'are none.',
  properties: {
    uid: UidText(),
    fields: Fields,
    attributes: Type.Optional(Fields),
    directPolicy: DirectPolicyText,
    createdAt: TimeText('When the user was created.'),
  },
  examples: [{ uid: 'alice', fields, attributes, directPolicy: 'anyone', createdAt }],
});

export const UserInput = input('UserInput', {
  description: `A profile. Attributes and \`directPolicy\` stay as they are where they are absent. ${RESERVED}`,
  properties: {
    fields: Fields,
    attributes: Type.Optional(Fields),
    directPolicy: Type.Optional(DirectPolicyText),
  },
  examples: [{ fields }],
});

export const UserPatch = input('UserPatch', {
  description: `A change of a profile; what is absent stays as it is. ${RESERVED}`,
  properties: {
    fields: Type.Optional(FieldsPatch),
    attributes: Type.Optional(FieldsPatch),
    directPolicy: Type.Optional(DirectPolicyText),
  },
  minProperties: 1,
  examples: [{ fields: { name: 'Alice B.', avatar: null }, directPolicy: 'contacts' }],
});

export const UserList = listOf(User, 'alice');

export const UsersQuery = query({
  ids: Type.Optional(UidsText('Uids. Not together with `after`.')),
  ...pageQuery(MAX_USERS, 'users', 'alice').properties,
});

export const RemovalQuery = query({
  messages: Type.Optional(
    Type.Unsafe<'keep' | 'erase'>({
      type: 'string',
      enum: ['keep', 'erase'],
      default: 'keep',
      description: 'What becomes of the messages that the user has sent.',
      examples: ['erase'],
    }),
  ),
});
